"""The decision vectors T1 to T22 of the law, each on a real node under its law, with a clock that is set.

What a vector wants follows from the cite of the rule that it tests; `make vectors` prints them as a list.
"""

import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asking import delivery_of, read_of
from law_node import HOME, PLATE, LawNode, law_node
from lockplate.alerting.judging import Against
from lockplate.clock import format_time, period_of
from lockplate.errors import BadInput, Conflict, Denied, NotFound, Unauthenticated
from lockplate.hotlist import Category
from lockplate.law.words import HoldKind, Place
from lockplate.operations.asking import Ask
from lockplate.operations.documents import ReportOf
from lockplate.operations.grants import GrantName, GrantsOf, ProposeGrant
from lockplate.operations.hits import Finding as Found
from lockplate.operations.hits import ListHits
from lockplate.operations.holds import CloseHold, OpenHold, RenewHold
from lockplate.operations.hotlists import AddHotList, EnterPlate, HotListsOf
from lockplate.operations.list_import import ImportHotList
from lockplate.operations.local_law import TraceLaw
from lockplate.operations.operators import OperatorName
from lockplate.operations.places import AddPlace
from lockplate.operations.schedule import ForgettingSchedule
from lockplate.plate import fold
from lockplate.registry.confirmations import SourceCheck
from lockplate.registry.grants import Instrument
from lockplate.registry.hits import HitState
from lockplate.registry.holds import LiftReason
from lockplate.terms import Action, AgencyKind, Basis, Offense, Purpose, ReaderId
from lockplate.wiring.node import open_node

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def test_t06_california_does_not_answer_other_states_or_federal_agencies(tmp_path: Path) -> None:
    """T6: a California agency, asked by Nevada police, by a federal agency, or for either: denied, and on record."""
    with law_node(tmp_path, "us-ca", NOW) as home:
        home.agency("nevada", AgencyKind.MUNICIPAL, "NV")
        home.agency("bureau", AgencyKind.FEDERAL)
        home.ingest((PLATE, NOW - timedelta(minutes=20), "main-st"))
        asked = [
            home.ask("nevada.officer"), home.ask("bureau.officer"),
            home.ask(on_behalf_of="nevada"), home.ask(on_behalf_of="bureau"),
        ]  # fmt: skip

        for answer in asked:
            (part,) = answer.operators
            assert ("denied", "us-ca", ()) == (answer.decision, part.profile, part.reads)
            assert {"share-denied", "grant-required"} <= set(part.policy_ids)
        denials = [record for record in home.records() if record.action is Action.QUESTION_DENIED]
        assert 4 == len(denials)
        assert all("share-denied" in record.policy_ids and record.profile == "us-ca" for record in denials)
        assert "permitted" == home.ask().decision  # its own officer may: the denials are about who asks


@pytest.mark.parametrize("purpose", [Purpose.IMMIGRATION, Purpose.REPRODUCTIVE_CARE])
def test_t09_washington_never_answers_for_immigration_or_reproductive_care(tmp_path: Path, purpose: Purpose) -> None:
    """T9: whoever asks, with a warrant and a case: denied and on record."""
    with law_node(tmp_path, "us-wa", NOW) as home:
        for person in ("olga", "sam", "uma", "ada"):
            answer = home.ask(person, purpose=purpose, basis=Basis.WARRANT)
            assert "denied" == answer.decision
            assert f"floor-purpose-{purpose.value.replace('_', '-')}" in answer.operators[0].policy_ids
        assert 4 == sum(record.action is Action.QUESTION_DENIED for record in home.records())


def test_t11_washington_asks_for_a_gross_misdemeanor_at_least(tmp_path: Path) -> None:
    """T11: a simple misdemeanor is denied, a gross misdemeanor answered."""
    with law_node(tmp_path, "us-wa", NOW) as home:
        small = home.ask(purpose=Purpose.MISDEMEANOR_INVESTIGATION, offense=Offense.MISDEMEANOR)
        gross = home.ask(purpose=Purpose.MISDEMEANOR_INVESTIGATION, offense=Offense.GROSS_MISDEMEANOR)
        assert ("denied", "permitted") == (small.decision, gross.decision)
        assert ("profile-offense-floor",) == small.operators[0].policy_ids


def test_t12_north_carolina_is_not_for_traffic(tmp_path: Path) -> None:
    """T12: a traffic infraction is denied."""
    with law_node(tmp_path, "us-nc", NOW) as home:
        answer = home.ask(purpose=Purpose.TRAFFIC_INFRACTION, offense=Offense.INFRACTION)
        assert "denied" == answer.decision
        assert "profile-purpose-denied" in answer.operators[0].policy_ids


def test_t17_california_wants_a_purpose_and_a_person(tmp_path: Path) -> None:
    """T17: an empty purpose, no case, or a person nobody knows: refused before anything is opened."""
    with law_node(tmp_path, "us-ca", NOW) as home:
        home.ingest((PLATE, NOW - timedelta(minutes=20), "main-st"))
        with pytest.raises(BadInput):
            home.ask(purpose="")
        with pytest.raises((NotFound, Unauthenticated)):
            home.ask("nobody")
        with pytest.raises(Unauthenticated):
            home.run("lookup", Ask(**_words(home.now)), "")
        answer = home.ask(case_number=" ")
        assert ("denied", ()) == (answer.decision, answer.operators[0].reads)
        assert not [record for record in home.records() if record.action is Action.QUESTION_INTENT]


def test_t21_a_read_from_washington_goes_at_washingtons_limit(tmp_path: Path) -> None:
    """T21: a read made in Washington and copied to an Oregon agency is over at 21 days, one of its own at 30."""
    with law_node(tmp_path, "us-or", NOW) as home:
        home.reader("wa-copies", origin="us-wa", latitude=45.5, longitude=-122.6)
        home.reader("main-st", latitude=45.5, longitude=-122.6)
        own, theirs = NOW - timedelta(minutes=90), NOW - timedelta(minutes=20)
        home.ingest((PLATE, own, "main-st"), (PLATE, theirs, "wa-copies"))
        assert {"us-wa"} == {law for law in home.ask().reads()[0].laws if law != "us-or"}
        traced = home.run("law.trace", TraceLaw(origins=("us-wa",)), "olga")
        assert ("origin us-wa",) == next(one.decided_by for one in traced.decided if one.field == "retention.unmatched")

        home.forget(theirs.replace(minute=0) + timedelta(days=21))

        assert ["main-st"] == [read.reader for read in home.ask(start=own, end=NOW).reads()]
        home.forget(own.replace(minute=0) + timedelta(days=30))
        assert () == tuple(home.ask(start=home.now - timedelta(days=1), end=home.now).reads())
        assert [] == home.node.desk("home").ring.stored_periods()


def _words(now: datetime) -> dict[str, object]:
    return {
        "plate": PLATE,
        "operators": ("home",),
        "window_from": (now - timedelta(hours=1)).isoformat(),
        "window_to": now.isoformat(),
        "purpose": Purpose.FELONY_INVESTIGATION,
        "offense": Offense.FELONY,
        "basis": Basis.PROBABLE_CAUSE,
        "on_behalf_of": "own",
    }


def test_t10_washington_lets_nobody_collect_at_a_school(tmp_path: Path) -> None:
    """T10: inside a school's or a clinic's zone ingest is refused, and a fixed reader cannot even be registered."""
    with law_node(tmp_path, "us-wa", NOW) as home:
        north, west = 47.6205, -122.3493
        for kind, name, shift in (("k12", "Fir School", 0.0), ("health", "Oak Clinic", 0.1)):
            home.run("place.add", AddPlace(kind=Place(kind), name=name, latitude=north + shift, longitude=west))
        with pytest.raises(Conflict, match="k12"):
            home.reader("gate", latitude=north, longitude=west)
        home.reader("car-school", latitude=north, longitude=west, mobile=True)
        home.reader("car-clinic", latitude=north + 0.1, longitude=west, mobile=True)
        home.reader("field", latitude=north + 0.5, longitude=west)
        at = NOW - timedelta(minutes=20)
        taken = home.ingest((PLATE, at, "car-school"), (PLATE, at, "car-clinic"), (PLATE, at, "field"))
        assert (1, {"sensitive_place": 2}) == (taken.imported, taken.refused_by_reason)
        assert ["field"] == [read.reader for read in home.ask().reads()]


def test_t13_idaho_answers_its_own_personnel_only(tmp_path: Path) -> None:
    """T13: a person of another Idaho agency is denied, and no grant to it can be made; one's own is answered."""
    with law_node(tmp_path, "us-id", NOW) as home:
        home.agency("boise", AgencyKind.MUNICIPAL, "ID")
        other = home.ask("boise.officer")
        assert "denied" == other.decision
        assert "share-denied" in other.operators[0].policy_ids
        told = {reason.policy_id: reason.cite for reason in other.operators[0].reasons}
        assert "us-id: Idaho Code 49-1432" == told["share-denied"]
        assert "permitted" == home.ask().decision
        with pytest.raises(Denied) as refused:
            home.run("grant.propose", _grant(home.now, "boise"), "ada")
        assert "profile-grant-denied" in {reason.policy_id for reason in refused.value.reasons}


def test_t18_minnesota_follows_nobody_without_a_warrant(tmp_path: Path) -> None:
    """T18: the subject of an investigation over more than a day: denied; with exigency a second person looks first."""
    with law_node(tmp_path, "us-mn", NOW) as home:
        home.ingest((PLATE, NOW - timedelta(hours=2), "main-st"))
        days = {"start": NOW - timedelta(days=3), "end": NOW}
        denied = home.ask(**days)
        assert ("denied", ("us-mn-tracking",)) == (denied.decision, denied.operators[0].policy_ids)
        assert "permitted" == home.ask(basis=Basis.WARRANT, **days).decision
        assert "permitted" == home.ask(start=NOW - timedelta(days=1), end=NOW).decision

        waiting = home.ask(basis=Basis.EXIGENCY, **days)

        assert ("pending", ("us-mn-tracking-exigency",)) == (waiting.decision, waiting.operators[0].policy_ids)
        answered = home.approve(waiting.request_id)
        assert ("permitted", 1) == (answered.verdict, len(answered.reads))
        steps = [record.action for record in home.records() if record.request_id == waiting.request_id]
        assert [
            Action.QUESTION_PENDING, Action.QUESTION_APPROVAL, Action.QUESTION_INTENT, Action.QUESTION_OUTCOME,
        ] == steps  # fmt: skip


def _grant(now: datetime, grantee: str) -> ProposeGrant:
    return ProposeGrant(
        grantee=grantee,
        purposes=(Purpose.FELONY_INVESTIGATION,),
        valid_to=(now + timedelta(days=30)).isoformat(),
    )


# Forgetting


@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(minutes=3, seconds=1)])
def test_t01_new_hampshire_keeps_no_unmatched_read(tmp_path: Path, after: timedelta) -> None:
    """T1: an unmatched read at 3 min 1 s, and before it, is nowhere: not in store, passages, registry, log or notes."""
    with law_node(tmp_path, "us-nh", NOW) as home:
        home.reader("main-st")
        see(home, "main-st")
        home.clock.advance(after)
        schedule = ForgettingSchedule(home.node)
        schedule.step()

        assert () == tuple(home.ask().reads())
        assert [] == home.node.store.counts(HOME, NOW.date(), NOW.date())
        assert [] == home.node.desk(HOME).ring.stored_periods()
        home.reopen()  # everything is written down
        assert [] == _files_with(home.settings.home, PLATE)
        with sqlite3.connect(home.node.layout.passages) as connection:
            assert [0] == [_rows(connection, table) for table in _tables(connection)]
        connection.close()


def test_t02_virginia_forgets_at_21_days_for_good(tmp_path: Path) -> None:
    """T2: 21 days and a second old, no hold: no answer before anything runs, then no key; old rows answer nothing."""
    with law_node(tmp_path, "us-va", NOW) as home:
        at = NOW.replace(minute=0)
        home.ingest((PLATE, at, "main-st"), (PLATE, at + timedelta(minutes=20), "main-st"))
        hour = {"start": at, "end": at + timedelta(minutes=30)}
        late = {"start": at + timedelta(minutes=5), "end": at + timedelta(minutes=30)}
        home.node.close()
        shutil.copytree(home.node.layout.store, tmp_path / "store-before", symlinks=True)
        home.node = open_node(home.settings, home.clock)
        home.clock.advance(at + timedelta(days=21) - timedelta(seconds=1) - home.now)
        assert (2, 1) == (len(home.ask(**hour).reads()), len(home.ask(**late).reads()))
        home.clock.advance(timedelta(seconds=2))

        # no run yet: the hour's key is there, its time is over, and it answers nobody
        assert [period_of(at)] == home.node.desk(HOME).ring.stored_periods()
        answer = home.ask(**late)
        assert ("permitted", [], 0) == (answer.decision, answer.reads(), answer.operators[0].periods_asked)
        assert "denied" == home.ask(**hour).decision
        home.forget(home.now)
        assert [] == home.node.desk(HOME).ring.stored_periods()

        home.node.close()
        shutil.rmtree(home.node.layout.store)
        shutil.copytree(tmp_path / "store-before", home.node.layout.store, symlinks=True)
        home.node = open_node(home.settings, home.clock)
        assert {"main-st": 2} == home.node.store.rows_in_period(HOME, period_of(at))
        assert [] == home.ask(**late).reads()


def test_t14_nebraska_ends_an_entry_made_by_hand_with_the_shift(tmp_path: Path) -> None:
    """T14: without a reason or a case refused, on record; else it goes at the end of the shift, unless the case is open."""
    with law_node(tmp_path, "us-ne", NOW) as home:
        list_id = _list(home)

        def enter(**more: Any) -> Any:
            until = format_time(home.now + timedelta(hours=8))
            values = {"reason": "seen leaving the yard", "case_number": "26-8", "until": until} | more
            new = EnterPlate(plate=PLATE, list_id=list_id, category=Category.STOLEN_VEHICLE, **values)
            return home.run("hotlist.enter", new, "sam")

        for missing, code in (("reason", "reason_missing"), ("case_number", "case_missing")):
            with pytest.raises(BadInput) as refused:
                enter(**{missing: " "})
            assert code == refused.value.code
            assert {"outcome": "failed", "code": code}.items() <= home.records()[-1].facts.items()
        late = format_time(home.now + timedelta(hours=12, minutes=1))
        for more in ({}, {"case_number": "26-9"}, {"case_open": False}):
            with pytest.raises(BadInput, match="the law ends"):
                enter(until=late, **more)
        shift, case = enter(), enter(until=late, case_number="26-9", case_open=True)
        lane = home.node.desk(HOME).lane
        assert 2 == len(lane.index)
        assert not [one for one in home.records() if PLATE in str(one)]

        home.clock.advance(timedelta(hours=8))
        ForgettingSchedule(home.node).step()

        with pytest.raises(NotFound):
            home.node.registries.entries.get(shift.entry_id)
        assert ("26-9", 1) == (home.node.registries.entries.get(case.entry_id).case_number, len(lane.index))
        receipt = home.records()[-1]
        assert ("entries_expired", {f"entries:{list_id}": 1}) == (receipt.facts["step"], receipt.counts)


def test_t15_arkansas_does_not_believe_a_list_of_yesterday(tmp_path: Path) -> None:
    """T15: 24 h 1 min after its last file a list is stale and matches nothing, however long it says it is good."""
    with law_node(tmp_path, "us-ar", NOW) as home:
        list_id = _list(home, max_age_hours=240)
        line = f"{PLATE},stolen_vehicle,taken,{format_time(NOW + timedelta(days=9))}"
        text = f"plate,category,reason,expires\n{line}\n"
        home.run("hotlist.import", ImportHotList(list_id=list_id, content=text), "sam")

        def state() -> tuple[bool, int]:
            (shown,) = home.run("hotlist.list", HotListsOf(), "sam")
            return shown.stale, len(home.node.desk(HOME).lane.index.match(read_of(PLATE, home.now)))

        home.clock.advance(timedelta(hours=23, minutes=59))
        assert (False, 1) == state()
        home.clock.advance(timedelta(minutes=2))
        assert (True, 0) == state()
        home.reopen()
        assert (True, 0) == state()


def test_t20_where_non_hits_leave_no_record_only_a_counter_moves(tmp_path: Path) -> None:
    """T20: Germany: a read that matched nothing is counted, and nothing of it is on disk."""
    with law_node(tmp_path, "de", NOW) as home:
        home.reader("main-st")
        told = see(home, "main-st")

        assert (0, 1) == (told.stored, told.unkept)
        assert [] == home.node.store.counts(HOME, NOW.date(), NOW.date())
        assert [] == home.node.desk(HOME).ring.stored_periods()
        assert [] == _files_with(home.settings.home, PLATE)


def see(home: LawNode, reader: str) -> Any:
    """Let a reader see the plate at this moment, as its delivery would come in."""
    return home.node.live.submit(delivery_of(home.node, [read_of(PLATE, home.now)], HOME, ReaderId(reader))).result(30)


def _list(home: LawNode, max_age_hours: float = 24) -> str:
    new = AddHotList(
        name="our desk",
        categories=(Category.STOLEN_VEHICLE,),
        source="our own desk",
        legal_basis="our own order",
        max_age_hours=max_age_hours,
    )
    return str(home.run("hotlist.add", new, "sam").hot_list.list_id)


def _files_with(folder: Path, text: str) -> list[str]:
    """Return the files of a folder that hold a text, in any of the forms a program might write it."""
    forms = [text.encode(), text.lower().encode(), fold(text).encode(), text.encode("utf-16-le")]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return [row[0] for row in rows]


def _rows(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_t07_illinois_wants_a_declaration_that_stands(tmp_path: Path) -> None:
    """T7: out-of-state police without a declaration, or with one taken back: denied; while it stands: answered."""
    with law_node(tmp_path, "us-il", NOW) as home:
        home.agency("gary", AgencyKind.MUNICIPAL, "IN")
        home.agency("peoria", AgencyKind.MUNICIPAL, "IL")
        home.ingest((PLATE, NOW - timedelta(minutes=20), "main-st"))
        bare = home.grant("gary")
        home.grant("peoria")

        for none in (home.ask("gary.officer"), home.ask(on_behalf_of="gary")):
            assert ("denied", ("share-declaration",)) == (none.decision, none.operators[0].policy_ids)
            told = {reason.policy_id: reason.cite for reason in none.operators[0].reasons}
            assert "us-il: 625 ILCS 5/2-130(c)" == told["share-declaration"]
        assert "permitted" == home.ask("peoria.officer").decision  # in the state, no declaration is wanted

        home.run("grant.revoke", GrantName(grant=bare.grant), "sam")
        text = "Gary police will use no answer for what 625 ILCS 5/2-130(b) bars."
        sworn = home.grant("gary", instrument=Instrument.DECLARATION, paper=text)
        assert ["main-st"] == [read.reader for read in home.ask("gary.officer").reads()]

        home.run("grant.withdraw-paper", GrantName(grant=sworn.grant), "gary.chief")

        for withdrawn in (home.ask("gary.officer"), home.ask(on_behalf_of="gary")):
            assert ("denied", ("share-declaration",)) == (withdrawn.decision, withdrawn.operators[0].policy_ids)
        (leaf,) = [record for record in home.records() if record.action is Action.GRANT_PAPER_WITHDRAWN]
        assert ("gary.chief", sworn.grant, "us-il") == (leaf.person, leaf.facts["grant"], leaf.profile)
        assert 4 == sum(record.action is Action.QUESTION_DENIED for record in home.records())


def test_t08_connecticut_answers_listed_states_on_attestation(tmp_path: Path) -> None:
    """T8: New York with its attestation about a homicide: answered; Pennsylvania, the same: denied, but on a warrant."""
    first_day = datetime(2026, 10, 1, tzinfo=UTC)
    with law_node(tmp_path, "us-ct", first_day) as home:
        for name, state in (("albany", "NY"), ("scranton", "PA"), ("yonkers", "NY")):
            home.agency(name, AgencyKind.MUNICIPAL, state)
        for name in ("albany", "scranton"):
            home.grant(name, instrument=Instrument.ATTESTATION, paper="We follow Conn. P.A. 26-14.")
        home.grant("yonkers")
        home.ingest((PLATE, first_day - timedelta(minutes=20), "main-st"))

        assert ["main-st"] == [read.reader for read in home.ask("albany.officer").reads()]
        denied = home.ask("scranton.officer")
        assert ("denied", ("share-listed-states",)) == (denied.decision, denied.operators[0].policy_ids)
        assert "permitted" == home.ask("scranton.officer", basis=Basis.WARRANT).decision
        assert ("share-listed-states",) == home.ask("yonkers.officer").operators[0].policy_ids  # no attestation


def test_t08_connecticuts_law_is_none_before_its_first_day(tmp_path: Path) -> None:
    """T8: the day before, no node can be founded under it."""
    eve = datetime(2026, 9, 30, 23, 59, 59, tzinfo=UTC)
    with pytest.raises(NotFound, match="no version in force on 2026-09-30"), law_node(tmp_path, "us-ct", eve):
        pass


def test_t19_oregon_makes_no_open_grant_out_of_state(tmp_path: Path) -> None:
    """T19: without a case, or without an end, a grant out of the state is not even proposed; with both, for that case."""
    with law_node(tmp_path, "us-or", NOW) as home:
        for name, kind, state in (
            ("boise", AgencyKind.MUNICIPAL, "ID"),
            ("bureau", AgencyKind.FEDERAL, ""),
            ("salem", AgencyKind.MUNICIPAL, "OR"),
        ):
            home.agency(name, kind, state)
        home.ingest((PLATE, NOW - timedelta(minutes=20), "main-st"))
        for grantee in ("boise", "bureau"):
            with pytest.raises(Denied) as refused:
                home.grant(grantee)
            assert ("profile-grant-case-specific",) == tuple(reason.policy_id for reason in refused.value.reasons)
        for end in ("", "never"):
            with pytest.raises(BadInput):
                home.grant("boise", valid_to=end, case_number="26-0815")
        assert () == home.run("grant.list", GrantsOf(operator="home"), "uma")
        home.grant("salem")  # in the state, no case is wanted

        home.grant("boise", case_number="26-0815")

        assert "permitted" == home.ask("boise.officer", case_number="26-0815 ").decision
        other = home.ask("boise.officer", case_number="26-0816")
        assert ("denied", ("grant-case",)) == (other.decision, other.operators[0].policy_ids)


@pytest.mark.parametrize("profile", ["us-ky", "us-nh"])
def test_t16_a_match_alone_is_no_stop(tmp_path: Path, profile: str) -> None:
    """T16: a hit is unconfirmed until a person compared picture and plate; only they can say that it is correct."""
    with law_node(tmp_path, profile, NOW) as home:
        assert home.node.law.law("home").visual_confirm
        listed = home.run(
            "hotlist.add",
            AddHotList(
                name="Stolen", categories=(Category.STOLEN_VEHICLE,), source="state bulletin", legal_basis="cite",
                max_age_hours=12,
            ),
        ).hot_list  # fmt: skip
        expires = (NOW + timedelta(days=2)).isoformat()
        content = f"plate,region,category,reason,expires\n{PLATE},,stolen_vehicle,taken on Main St,{expires}\n"
        assert 1 == home.run("hotlist.import", ImportHotList(list_id=listed.list_id, content=content)).imported
        home.ingest((PLATE, NOW - timedelta(minutes=2), "main-st"))

        (hit,) = home.run("hits.list", ListHits(), "olga").hits

        assert (HitState.UNCONFIRMED, None) == (hit.state, hit.decided_by)
        assert not {"stop", "stopped"} & {state.value for state in HitState}
        with pytest.raises(Unauthenticated):
            home.run("hits.confirm", Found(hit_id=hit.hit_id, found=HitState.CORRECT))
        with pytest.raises(BadInput, match="ask the source again"):
            home.run("hits.confirm", Found(hit_id=hit.hit_id, found=HitState.CORRECT), "olga")
        asked = Found(hit_id=hit.hit_id, found=HitState.CORRECT, source=SourceCheck.STILL_LISTED)
        told = home.run("hits.confirm", asked, "olga")
        assert (HitState.CORRECT, "olga") == (told.state, told.decided_by)
        # no picture came, so nobody can have confirmed the image: a match, not more
        assert (False, (Against.NO_PICTURE,)) == (told.standing.compared_and_listed, told.standing.against)
        home.ingest((PLATE, NOW - timedelta(minutes=1), "oak-st"))
        (second,) = home.run("hits.list", ListHits(state=HitState.UNCONFIRMED), "olga").hits
        seen = Found(
            hit_id=second.hit_id, found=HitState.CORRECT, source=SourceCheck.STILL_LISTED, seen_by_eye=True
        )  # fmt: skip
        standing = home.run("hits.confirm", seen, "olga").standing
        assert standing.compared_and_listed
        assert "a match alone is no suspicion" in standing.says


def test_t22_minnesotas_counts_are_a_recount_of_the_log(tmp_path: Path) -> None:
    """T22: counts by category and period equal what plain Python counts in the exported leaves."""
    with law_node(tmp_path, "us-mn", NOW) as home:
        listed = home.run(
            "hotlist.add",
            AddHotList(
                name="Mixed", categories=(Category.STOLEN_VEHICLE, Category.WANTED), source="state", legal_basis="cite",
                max_age_hours=48,
            ),
        ).hot_list  # fmt: skip
        expires = (NOW + timedelta(days=5)).isoformat()
        lines = [
            f"KTN{number:04},,{'stolen_vehicle' if number < 3 else 'wanted'},seen,{expires}" for number in range(8)
        ]
        content = "\n".join(["plate,region,category,reason,expires", *lines]) + "\n"
        home.run("hotlist.import", ImportHotList(list_id=listed.list_id, content=content))
        for _ in range(2):
            home.ingest(*[(f"KTN{number:04}", home.now - timedelta(minutes=number), "main-st") for number in range(40)])
            home.clock.advance(timedelta(days=1))
        home.run("document.count", OperatorName(), there=False)
        home.node.publish()
        report = home.run("document.report", ReportOf(profile="us-mn", first="2026-11-01", end="2026-12-01"), "uma")
        made = {line.id: line.total for line in report.lines}

        log = home.node.desk("home").evidence.log
        leaves = [json.loads(leaf) for leaf in log.entries(0, log.size)]
        days = [leaf for leaf in leaves if leaf["action"] == "count:day"]
        again: dict[str, int] = {}
        for leaf in days:
            for name, number in leaf["counts"].items():
                name = name.split(":")[-1] if name.startswith("hits:") else name  # noqa: PLW2901 - the category alone
                again[name] = again.get(name, 0) + number
        assert (2, 80) == (len(days), again["reads"])
        assert (again["reads"], again["stolen_vehicle"], again["wanted"]) == (
            made["plates"], made["stolen"], made["warrant"],
        )  # fmt: skip
        assert again["stolen_vehicle"] >= 3
        assert again["wanted"] >= 5


@pytest.mark.parametrize("profile", ["de", "match-only"])
def test_t20_a_read_without_a_match_is_a_number_and_no_more(tmp_path: Path, profile: str) -> None:
    """T20: Germany's rule, and a node without a law: nothing is stored anywhere, and a counter says how many came."""
    with law_node(tmp_path, profile, NOW, state="") as home:
        taken = home.ingest(*[(f"KTN{number:04}", NOW - timedelta(minutes=number), "main-st") for number in range(12)])
        assert (0, 12) == (taken.imported, taken.unkept)
        store = home.node.store
        assert [] == store.counts("home", NOW.date() - timedelta(days=30), NOW.date())
        assert [] == home.node.desk("home").ring.stored_periods()
        home.clock.advance(timedelta(days=1))
        home.run("document.count", OperatorName(), there=False)
        (day,) = [record for record in home.records() if record.action is Action.DAY_COUNTED]
        assert {"reads": 12, "unkept": 12, "readers": 1} == day.counts


# Holds: more of them in tests/unit/holding


def held(home: LawNode, start: datetime, **more: Any) -> str:
    """Have the reads of the plate in an hour held, and return the hold's id."""
    values: dict[str, Any] = {
        "plate": PLATE,
        "window_from": format_time(start),
        "window_to": format_time(start + timedelta(hours=1)),
        "case_number": "26-0815",
    }
    return str(home.run("hold.open", OpenHold(**(values | more)), "olga").hold.hold_id)


def test_t03_tennessee_lifts_a_hold_when_no_charge_is_filed(tmp_path: Path) -> None:
    """T3: past 90 days the hold answers; the case closes without a charge: its key is gone, and so is the read."""
    with law_node(tmp_path, "us-tn", NOW, state="TN") as home:
        start = NOW - timedelta(hours=1)
        home.ingest((PLATE, NOW - timedelta(minutes=30), "main-st"))
        hold = held(home, start, kind=HoldKind.CASE, until=format_time(NOW + timedelta(days=200)))
        home.forget(NOW + timedelta(days=91))
        (before,) = home.ask(start=start, end=start + timedelta(hours=1)).operators
        assert [hold] == [read.held_under for read in before.reads]
        home.run("hold.close", CloseHold(hold=hold, reason=LiftReason.NO_CHARGE), "sam")
        (after,) = home.ask(start=start, end=start + timedelta(hours=1)).operators
        assert (("older-than-kept",), ()) == (after.policy_ids, after.reads)
        assert home.node.desk(HOME).ring.stored_data_key(f"hold:{hold}") is None
        assert [] == home.node.registries.holds.held(hold)
        assert "closed" == home.records()[-2].facts["step"]


@pytest.mark.parametrize(
    ("lacking", "policy"),
    [
        ({"sworn": False}, "hold-needs-missing"),
        ({"facts": ""}, "hold-needs-missing"),
        ({"plate": ""}, "floor-hold-needs"),
    ],
)
def test_t04_montana_holds_nothing_without_sworn_facts_or_a_plate(
    tmp_path: Path, lacking: dict[str, Any], policy: str
) -> None:
    """T4: refused by a policy with its section, on record; with both, the hold is open."""
    with law_node(tmp_path, "us-mt", NOW, state="MT") as home:
        home.ingest((PLATE, NOW - timedelta(minutes=30), "main-st"))
        request: dict[str, Any] = {
            "kind": HoldKind.PRESERVATION_REQUEST, "facts": "seen leaving the yard", "sworn": True,
            "readers": ("main-st",), "until": format_time(NOW + timedelta(days=365)),
        }  # fmt: skip
        with pytest.raises(Denied) as caught:
            held(home, NOW - timedelta(hours=1), **(request | lacking))
        assert policy in [reason.policy_id for reason in caught.value.reasons]
        assert "refused" == home.records()[-1].facts["step"]
        assert held(home, NOW - timedelta(hours=1), **request)


@pytest.mark.parametrize("second_order", [False, True])
def test_t05_vermont_destroys_at_18_months_and_91_days_without_a_second_order(
    tmp_path: Path, second_order: bool
) -> None:
    """T5: an order of the court holds 90 days; no second one: destroyed. With a second one: still there."""
    with law_node(tmp_path, "us-vt", NOW, state="VT") as home:
        captured, start = NOW - timedelta(minutes=30), NOW - timedelta(hours=1)
        home.ingest((PLATE, captured, "main-st"))
        months_18 = home.node.facts.profile(HOME).retention_unmatched  # type: ignore[union-attr]
        home.forget(captured + months_18 - timedelta(hours=2))
        order: dict[str, Any] = {
            "kind": HoldKind.COURT_ORDER, "facts": "affidavit", "sworn": True, "readers": ("main-st",), "paper": "26-3141",
        }  # fmt: skip
        hold = held(home, start, **order)
        home.forget(captured + months_18 + timedelta(days=89))
        if second_order:
            again = RenewHold(hold=hold, facts="affidavit", sworn=True, paper="28-77")
            assert 1 == home.run("hold.renew", again, "olga").hold.renewals
        home.forget(captured + months_18 + timedelta(days=91))
        assert second_order == (home.node.desk(HOME).ring.stored_data_key(f"hold:{hold}") is not None)
        assert second_order == (len(home.node.registries.holds.held(hold)) == 1)
        answer = home.ask(start=start, end=start + timedelta(hours=1), basis=Basis.COURT_ORDER)
        assert ("pending" if second_order else "denied") == answer.decision
        if second_order:
            assert [hold] == [read.held_under for read in home.approve(answer.request_id).reads]

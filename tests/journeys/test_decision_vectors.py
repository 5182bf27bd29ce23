"""The decision vectors T1 to T22 of the law, each on a real node under its law, with a clock that is set.

What a vector wants follows from the cite of the rule that it tests; `make vectors` prints them as a list.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from law_node import PLATE, law_node
from lockplate.errors import BadInput, NotFound, Unauthenticated
from lockplate.operations.asking import Ask
from lockplate.operations.local_law import TraceLaw
from lockplate.terms import Action, AgencyKind, Basis, Offense, Purpose

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

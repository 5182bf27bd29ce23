"""Holds on real nodes under real profiles, with a clock that is set: kept past the limit, and gone when they end.

T3 and T5 are decision vectors of the law; T4 is in test_refusing.py, the others in tests/journeys.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from law_node import HOME, PLATE, LawNode, law_node
from lockplate.access import AccessRecord
from lockplate.clock import format_time, period_of
from lockplate.errors import BadInput, Conflict, Denied, KeyUnavailable, NotFound, StoreFailed, Unauthenticated
from lockplate.law.words import HoldKind
from lockplate.operations.agencies import AgencyName
from lockplate.operations.holds import CloseHold, HoldLine, HoldsOf, OpenHold, RenewHold
from lockplate.registry.holds import HoldState, LiftReason
from lockplate.terms import Action, AgencyKind, Basis, HoldId, Verdict
from lockplate.wiring.holding import holding_at

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
CASE = "26-0815"
DAY = timedelta(days=1)


@pytest.fixture
def tennessee(tmp_path: Path) -> Iterator[LawNode]:
    """90 days from capture; holds for a case, without a longest time."""
    with law_node(tmp_path, "us-tn", NOON, "TN") as place:
        yield place


@pytest.fixture
def vermont(tmp_path: Path) -> Iterator[LawNode]:
    """18 months; holds by a court's order, 90 days at a time."""
    with law_node(tmp_path, "us-vt", NOON, "VT") as place:
        yield place


def seen(place: LawNode, *plates: str, at: datetime | None = None, reader: str = "north") -> None:
    """Let a reader see plates, half an hour ago unless another time is given."""
    at = at or place.now - timedelta(minutes=30)
    assert len(plates) == place.ingest(*((plate, at, reader) for plate in plates)).imported


def hold(place: LawNode, person: str = "olga", **more: Any) -> HoldLine:
    """Open a hold for the plate over the last hour; what is given goes before."""
    values: dict[str, Any] = {
        "kind": HoldKind.CASE,
        "plate": PLATE,
        "window_from": format_time(more.pop("start", place.now - timedelta(hours=1))),
        "window_to": format_time(more.pop("end", place.now)),
        "case_number": CASE,
    }
    made: HoldLine = place.run("hold.open", OpenHold(**(values | more)), person)
    return made


def until(place: LawNode, days: int) -> str:
    return format_time(place.now + days * DAY)


def asked(place: LawNode, begin: datetime, **more: Any) -> Any:
    """Ask about the plate in the hour that begins at a time, and return the operator's part; what is given goes before."""
    (part,) = place.ask(**({"start": begin, "end": begin + timedelta(hours=1)} | more)).operators
    return part


def steps(place: LawNode) -> list[str]:
    return [record.facts["step"] for record in place.records() if record.action is Action.HOLD]


def last(place: LawNode, step: str) -> tuple[int, AccessRecord]:
    """Return the newest record of a step, and its place."""
    found = [(place_, one) for place_, one in enumerate(place.records()) if one.facts.get("step") == step]
    return found[-1]


def reads_in(place: LawNode, step: str) -> str:
    """Return how many reads the sealed details of the newest such record name."""
    index, _ = last(place, step)
    return place.node.desk(HOME).recorder.details_of(index).values["reads"]


# Kept past the limit


def test_t3_a_hold_on_a_case_that_closed_without_a_charge(tennessee: LawNode) -> None:
    """TN: held past 90 days, it answers for its plate and window; when the case closes, the read is destroyed."""
    seen(tennessee, PLATE, "OTHER77")
    start = tennessee.now - timedelta(hours=1)
    held = hold(tennessee, until=until(tennessee, 200)).hold
    tennessee.forget(NOON + 91 * DAY)

    part = asked(tennessee, start)
    assert (Verdict.PERMITTED, [PLATE], [held.hold_id]) == (
        part.verdict, [read.as_read for read in part.reads], [read.held_under for read in part.reads],
    )  # fmt: skip
    assert held.expires_at == part.reads[0].retention_end
    assert Verdict.DENIED is asked(tennessee, start, plate="OTHER77").verdict

    lifted = tennessee.run("hold.close", CloseHold(hold=held.hold_id, reason=LiftReason.NO_CHARGE), "sam").hold
    assert (HoldState.LIFTED, "no_charge") == (lifted.state, lifted.end_reason)
    after = asked(tennessee, start)
    assert (Verdict.DENIED, ("older-than-kept",), ()) == (after.verdict, after.policy_ids, after.reads)
    assert [] == tennessee.node.registries.holds.held(held.hold_id)
    _, closed = last(tennessee, "closed")
    assert tennessee.node.desk(HOME).held.commitment(held.hold_id) == closed.facts["key"]


ORDER: dict[str, Any] = {
    "kind": HoldKind.COURT_ORDER,
    "paper": "Docket 26-3141",
    "facts": "affidavit of 2 November",
    "sworn": True,
    "readers": ("north",),
}


@pytest.mark.parametrize("second_order", [False, True])
def test_t5_an_extension_without_and_with_a_second_order(vermont: LawNode, second_order: bool) -> None:
    """VT: a read under a 90-day order is gone at 18 months and 91 days, unless a second order came."""
    seen(vermont, PLATE)
    start, limit = NOON - timedelta(hours=1), vermont.node.facts.profile(HOME).retention_unmatched  # type: ignore[union-attr]
    assert limit is not None
    captured = NOON - timedelta(minutes=30)
    vermont.forget(captured + limit - DAY)
    made = hold(vermont, start=start, end=NOON, **ORDER).hold
    assert vermont.now + 90 * DAY == made.expires_at
    vermont.forget(captured + limit + 80 * DAY)
    assert [made.hold_id] == [read.held_under for read in answered(vermont, start)]
    with pytest.raises(Denied) as caught:
        vermont.run("hold.renew", RenewHold(hold=made.hold_id, facts="again", sworn=True), "olga")
    assert {"hold-renewal-needs-order", "hold-paper-missing"} == {one.policy_id for one in caught.value.reasons}
    if second_order:
        again = RenewHold(hold=made.hold_id, paper="Docket 28-77", facts="affidavit", sworn=True)
        assert (1, vermont.now + 90 * DAY) == (
            (renewed := vermont.run("hold.renew", again, "olga").hold).renewals, renewed.expires_at,
        )  # fmt: skip

    vermont.forget(captured + limit + 91 * DAY)
    if second_order:
        assert [made.hold_id] == [read.held_under for read in answered(vermont, start)]
        return
    part = asked(vermont, start, basis=Basis.COURT_ORDER)
    assert (Verdict.DENIED, ()) == (part.verdict, part.reads)
    assert HoldState.EXPIRED is vermont.node.registries.holds.get(made.hold_id).state
    assert not vermont.node.desk(HOME).held.is_alive(made.hold_id)
    assert [] == vermont.node.registries.holds.held(made.hold_id)


def answered(place: LawNode, start: datetime) -> tuple[Any, ...]:
    """Ask with a court's order, have a second person approve, and return the reads."""
    answer = place.ask(start=start, end=start + timedelta(hours=1), basis=Basis.COURT_ORDER)
    part = place.approve(answer.request_id)
    assert Verdict.PERMITTED is part.verdict, part.reasons
    return tuple(part.reads)


@pytest.mark.parametrize(
    "change",
    [
        {"plate": "OTHER77"},
        {"case_number": "26-0816"},
        {"start": NOON - timedelta(hours=2)},
        {"end": NOON + timedelta(hours=1)},
    ],
)
def test_nothing_else_answers_past_the_limit(tennessee: LawNode, change: dict[str, Any]) -> None:
    """Not another plate, another case, an hour before or an hour after, though reads lay there."""
    for hours in (-1, 0, 1):
        at = NOON + timedelta(hours=hours) - timedelta(minutes=30)
        tennessee.clock.advance(max(timedelta(), at - tennessee.now))
        seen(tennessee, PLATE, "OTHER77", at=at)
    start = NOON - timedelta(hours=1)
    hold(tennessee, start=start, end=NOON, until=until(tennessee, 200))
    tennessee.forget(NOON + 95 * DAY)

    part = asked(tennessee, start, **change)
    assert (Verdict.DENIED, ("older-than-kept",)) == (part.verdict, part.policy_ids)
    assert 1 == len(asked(tennessee, start, case_number=" 26-0815").reads)


def test_the_rest_of_a_question_is_judged_as_ever(tennessee: LawNode) -> None:
    """A hold opens no other door: no basis, no answer; another agency without a grant, no answer."""
    seen(tennessee, PLATE)
    hold(tennessee, until=until(tennessee, 200))
    tennessee.agency("valley", AgencyKind.MUNICIPAL, "TN")
    tennessee.forget(NOON + 91 * DAY)
    start = NOON - timedelta(hours=1)

    assert ("floor-basis-none",) == asked(tennessee, start, basis=Basis.NONE).policy_ids
    assert "grant-required" in asked(tennessee, start, person="valley.officer").policy_ids


def test_while_the_hour_lives_its_own_rows_answer(tennessee: LawNode) -> None:
    """A hold changes nothing about a read that is not over: it answers once, and not as held."""
    seen(tennessee, PLATE)
    hold(tennessee, until=until(tennessee, 200))

    (read,) = asked(tennessee, NOON - timedelta(hours=1)).reads
    assert (None, PLATE) == (read.held_under, read.as_read)


def test_an_hour_that_is_over_answers_under_the_hold_alone(tennessee: LawNode) -> None:
    """Before retention has run, too: the hold is of one reader, so the other reader's read must not answer."""
    tennessee.ingest((PLATE, NOON - timedelta(minutes=30), "north"), (PLATE, NOON - timedelta(minutes=20), "south"))
    hold(tennessee, readers=("north",), until=until(tennessee, 200))
    tennessee.clock.advance(91 * DAY)

    assert ["north"] == [read.reader for read in asked(tennessee, NOON - timedelta(hours=1)).reads]
    tennessee.forget(NOON + 91 * DAY)
    assert ["north"] == [read.reader for read in asked(tennessee, NOON - timedelta(hours=1)).reads]


# Late reads, crashes


def test_a_late_read_is_kept_before_its_hour_goes(tennessee: LawNode) -> None:
    """It came after the hold was opened; the sweep before forgetting keeps it, once."""
    seen(tennessee, PLATE)
    held = hold(tennessee, until=until(tennessee, 200)).hold
    tennessee.clock.advance(timedelta(days=2))
    seen(tennessee, PLATE, at=NOON - timedelta(minutes=10), reader="south")
    assert 1 == len(tennessee.node.registries.holds.held(held.hold_id))
    tennessee.forget(NOON + 91 * DAY)
    tennessee.forget(NOON + 92 * DAY)

    assert ["north", "south"] == [read.reader for read in asked(tennessee, NOON - timedelta(hours=1)).reads]
    assert ["opened", "kept", "sweep", "swept"] == steps(tennessee)
    assert ("1", "1") == (reads_in(tennessee, "kept"), reads_in(tennessee, "swept"))
    _, sweep = last(tennessee, "sweep")
    assert ("-retention", held.hold_id, ("keep-hold",)) == (sweep.person, sweep.facts["holds"], sweep.policy_ids)


def test_a_sweep_without_a_hold_leaves_no_record(tennessee: LawNode) -> None:
    """Nor does one over hours that no hold covers."""
    seen(tennessee, PLATE)
    hold(tennessee, until=until(tennessee, 80))
    size = len(tennessee.records())

    assert 0 == holding_at(tennessee.node, HOME).secure([period_of(NOON - 3 * DAY), period_of(NOON)])
    assert size == len(tennessee.records())


def test_a_crash_before_the_reads_are_kept_is_mended_by_the_sweep(
    tennessee: LawNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store fails once the hold is written down: open, on record as failed, and complete before the hour goes."""
    seen(tennessee, PLATE)

    def refuse(*_: object, **__: object) -> list[object]:
        raise StoreFailed("the store refused (as told)")

    with monkeypatch.context() as patched:
        patched.setattr(tennessee.node.store, "find", refuse)
        with pytest.raises(StoreFailed):
            hold(tennessee, until=until(tennessee, 200))
    assert ["opened", "failed"] == steps(tennessee)
    (left,) = tennessee.node.registries.holds.standing(HOME)
    assert [] == tennessee.node.registries.holds.held(left.hold_id)
    tennessee.reopen()
    tennessee.forget(NOON + 91 * DAY)

    assert [left.hold_id] == [read.held_under for read in asked(tennessee, NOON - timedelta(hours=1)).reads]


def test_no_key_goes_when_a_hold_cannot_be_secured(tennessee: LawNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retention stops before it destroys the hour, and the next run does both."""
    seen(tennessee, PLATE)
    hold(tennessee, until=until(tennessee, 200))
    seen(tennessee, PLATE, at=NOON - timedelta(minutes=10))
    hour = period_of(NOON - timedelta(minutes=30))

    def refuse(*_: object) -> int:
        raise StoreFailed("the control database refused (as told)")

    with monkeypatch.context() as patched:
        patched.setattr(tennessee.node.registries.holds, "keep", refuse)
        with pytest.raises(StoreFailed):
            tennessee.forget(NOON + 91 * DAY)
    assert tennessee.node.desk(HOME).ring.period_key(hour) is not None
    tennessee.forget(NOON + 91 * DAY)

    assert tennessee.node.desk(HOME).ring.period_key(hour) is None
    assert 2 == len(asked(tennessee, NOON - timedelta(hours=1)).reads)


def test_a_crash_after_the_key_is_destroyed_answers_nothing_and_is_completed(
    tennessee: LawNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between key and rows: the registry still says open, yet nothing answers; the next sweep ends the hold."""
    seen(tennessee, PLATE)
    held = hold(tennessee, until=until(tennessee, 200)).hold
    tennessee.forget(NOON + 91 * DAY)

    def refuse(*_: object, **__: object) -> int:
        raise StoreFailed("the control database refused (as told)")

    with monkeypatch.context() as patched:
        patched.setattr(tennessee.node.registries.holds, "end", refuse)
        with pytest.raises(StoreFailed):
            tennessee.run("hold.close", CloseHold(hold=held.hold_id, reason=LiftReason.WITHDRAWN), "olga")
    assert HoldState.OPEN is tennessee.node.registries.holds.get(held.hold_id).state
    assert Verdict.DENIED is asked(tennessee, NOON - timedelta(hours=1)).verdict
    (line,) = tennessee.run("hold.list", HoldsOf(), "olga")
    assert "" == line.case_number
    tennessee.forget(NOON + 92 * DAY)

    ended = tennessee.node.registries.holds.get(held.hold_id)
    assert (HoldState.LIFTED, "recovered") == (ended.state, ended.end_reason)
    assert [] == tennessee.node.registries.holds.held(held.hold_id)


def test_a_hold_brings_nothing_back(tennessee: LawNode) -> None:
    """An hour that was over before the hold was opened is not kept, though retention has not run."""
    seen(tennessee, PLATE)
    start = NOON - timedelta(hours=1)
    tennessee.clock.advance(91 * DAY)
    held = hold(tennessee, start=start, end=NOON, until=until(tennessee, 100)).hold
    assert [] == tennessee.node.registries.holds.held(held.hold_id)
    assert () == asked(tennessee, start).reads
    tennessee.forget(NOON + 92 * DAY)

    assert [] == tennessee.node.registries.holds.held(held.hold_id)
    assert () == asked(tennessee, start).reads


def test_a_clock_put_back_brings_nothing_back(tennessee: LawNode) -> None:
    """After a run of retention, an hour that is over stays over for a hold that is opened under an earlier date."""
    seen(tennessee, PLATE, at=NOON - timedelta(minutes=5))
    seen(tennessee, PLATE, at=NOON)
    tennessee.forget(NOON + 90 * DAY - timedelta(minutes=30))
    tennessee.clock.advance(timedelta(minutes=30))
    tennessee.node.receipts[HOME].remember(tennessee.now)
    tennessee.clock.advance(-30 * DAY)
    held = hold(tennessee, start=NOON - timedelta(hours=1), end=NOON + timedelta(hours=1), until=until(tennessee, 99))

    assert [] == tennessee.node.registries.holds.held(held.hold.hold_id)


# Who may


def test_a_defenders_hold_is_as_easy_as_the_states(tennessee: LawNode) -> None:
    """TN names only a case; a defender's office gets the same hold on its own word, sees it, and alone lifts it."""
    tennessee.agency("defender", AgencyKind.DEFENSE, "TN")
    seen(tennessee, PLATE)
    ask = {"kind": HoldKind.DEFENSE_REQUEST, "until": until(tennessee, 200)}
    held = hold(tennessee, "defender.officer", **ask)
    hold(tennessee, until=until(tennessee, 200))

    (line,) = tennessee.run("hold.list", HoldsOf(), "defender.chief")
    assert (held.hold, held.case_number) == (line.hold, line.case_number)
    assert CASE == line.case_number
    theirs = tennessee.run("hold.list", HoldsOf(), "sam")
    assert ["", CASE] == sorted(one.case_number for one in theirs)
    with pytest.raises(Denied) as caught:
        tennessee.run("hold.close", CloseHold(hold=held.hold.hold_id, reason=LiftReason.NO_CHARGE), "sam")
    assert ["hold-close-defense"] == [reason.policy_id for reason in caught.value.reasons]
    assert HoldState.OPEN is tennessee.node.registries.holds.get(held.hold.hold_id).state
    done = tennessee.run("hold.close", CloseHold(hold=held.hold.hold_id, reason=LiftReason.WITHDRAWN), "defender.chief")
    assert HoldState.LIFTED is done.hold.state


def test_a_clerk_writes_down_a_hold_for_somebody_without_a_lawyer(tennessee: LawNode) -> None:
    """The name is sealed; the officer who wrote it down cannot lift it, a supervisor can."""
    held = hold(
        tennessee, kind=HoldKind.DEFENSE_REQUEST, requester="Quentin Ozolin-Example", until=until(tennessee, 200)
    ).hold
    index, _ = last(tennessee, "opened")
    assert "Quentin Ozolin-Example" == tennessee.node.desk(HOME).recorder.details_of(index).values["requester"]
    close = CloseHold(hold=held.hold_id, reason=LiftReason.WITHDRAWN)
    with pytest.raises(Denied):
        tennessee.run("hold.close", close, "olga")

    assert HoldState.LIFTED is tennessee.run("hold.close", close, "sam").hold.state


def test_others_may_not(tennessee: LawNode) -> None:
    """Not an immigration agency, police next door, a prosecutor of another state, an auditor, nor the system user."""
    tennessee.agency("removal", AgencyKind.IMMIGRATION_ENFORCEMENT)
    tennessee.agency("valley", AgencyKind.MUNICIPAL, "TN")
    tennessee.agency("elsewhere", AgencyKind.PROSECUTOR, "KY")
    for person in ("removal.officer", "valley.chief", "elsewhere.chief", "uma"):
        with pytest.raises(Denied):
            hold(tennessee, person, until=until(tennessee, 9))
    for person in ("removal.officer", "valley.chief"):
        with pytest.raises(Denied):
            tennessee.run("hold.list", HoldsOf(), person)
    with pytest.raises(Unauthenticated):
        hold(tennessee, "", until=until(tennessee, 9))

    assert ["refused"] * 4 == steps(tennessee)
    assert () == tennessee.node.registries.holds.list_all(HOME)


def test_a_closed_agency_holds_nothing(tennessee: LawNode) -> None:
    """An agency that is not active can do nothing, and its holds run out; the operator lists them all the same."""
    tennessee.agency("attorney", AgencyKind.PROSECUTOR, "TN")
    held = hold(tennessee, "attorney.officer", until=until(tennessee, 9)).hold
    tennessee.run("agency.deactivate", AgencyName(agency="attorney"), "ada")
    with pytest.raises(Denied):
        tennessee.run("hold.renew", RenewHold(hold=held.hold_id, until=until(tennessee, 99)), "attorney.officer")

    assert [held.hold_id] == [line.hold.hold_id for line in tennessee.run("hold.list", HoldsOf(), "uma")]


# No oracle, no leaks


def test_a_hold_says_nothing_of_whether_the_plate_was_read(tennessee: LawNode) -> None:
    """Seen thrice or never: the answers are alike but for ids, and the leaves have no count of reads."""
    for reader in ("a", "b", "c"):
        seen(tennessee, PLATE, reader=reader)
    results = []
    for plate in (PLATE, "NEVER01"):
        before = len(tennessee.records())
        line = hold(tennessee, plate=plate, until=until(tennessee, 50))
        leaves = tennessee.records()[before:]
        told = [line.hold.state, line.hold.expires_at, line.case_number]
        results.append((told, [(leaf.facts | {"hold": ""}, leaf.counts) for leaf in leaves]))
    assert results[0] == results[1]
    assert "0" == reads_in(tennessee, "kept")
    before = len(tennessee.records())
    tennessee.forget(NOON + 40 * DAY)
    assert all("reads" not in leaf.counts for leaf in tennessee.records()[before:] if leaf.action is Action.HOLD)


def test_a_misspelt_reader_is_refused(tennessee: LawNode) -> None:
    """A hold for a reader that nobody knows would keep nothing, and nobody would notice."""
    seen(tennessee, PLATE)
    with pytest.raises(BadInput):
        hold(tennessee, readers=("nroth",), until=until(tennessee, 9))

    tennessee.reader("east")
    for known in ("north", "east"):
        assert HoldState.OPEN is hold(tennessee, readers=(known,), until=until(tennessee, 9)).hold.state


@pytest.mark.parametrize(
    "nonsense",
    [
        {"until": format_time(NOON)},
        {"paper_hash": "ab"},
        {"plate": "A" * 41},
        {"facts": "x" * 10_001},
        {"window_from": format_time(NOON), "window_to": format_time(NOON - DAY)},
        {"case_number": "\ud800"},
    ],
)
def test_nonsense_is_refused(tennessee: LawNode, nonsense: dict[str, Any]) -> None:
    """What no law could judge is the caller's to mend."""
    with pytest.raises(BadInput):
        hold(tennessee, **({"until": until(tennessee, 9)} | nonsense))


def test_what_is_over_is_over(tennessee: LawNode) -> None:
    """An ended hold is neither renewed nor ended again; a renewal makes a hold longer; an unknown id is not found."""
    held = hold(tennessee, until=until(tennessee, 30)).hold
    with pytest.raises(BadInput):
        tennessee.run("hold.renew", RenewHold(hold=held.hold_id, until=until(tennessee, 20)), "olga")
    renewed = tennessee.run("hold.renew", RenewHold(hold=held.hold_id, until=until(tennessee, 365)), "sam").hold
    assert (1, NOON + 365 * DAY) == (renewed.renewals, renewed.expires_at)
    close = CloseHold(hold=held.hold_id, reason=LiftReason.CASE_CLOSED)
    tennessee.run("hold.close", close, "olga")
    with pytest.raises(Conflict):
        tennessee.run("hold.close", close, "olga")
    with pytest.raises(Conflict):
        tennessee.run("hold.renew", RenewHold(hold=held.hold_id, until=until(tennessee, 365)), "sam")
    with pytest.raises(NotFound):
        tennessee.run("hold.close", CloseHold(hold="k0", reason=LiftReason.ORDERED), "olga")
    with pytest.raises(KeyUnavailable):
        tennessee.node.desk(HOME).held.seal_paper(HoldId(held.hold_id), b"again")


def test_records_have_their_proper_order(tennessee: LawNode) -> None:
    """Each outcome names the record it completes; who, agency, ground and end are readable, plate and case are not."""
    held = hold(tennessee, until=until(tennessee, 30), facts="a green van", paper="W-17").hold
    tennessee.run("hold.close", CloseHold(hold=held.hold_id, reason=LiftReason.CASE_CLOSED), "olga")
    found = [(place, one) for place, one in enumerate(tennessee.records()) if one.action is Action.HOLD]

    assert ["opened", "kept", "ending", "closed"] == [one.facts["step"] for _, one in found]
    assert [None, found[0][0], None, found[2][0]] == [one.refers_to for _, one in found]
    assert {("olga", "home", held.hold_id)} == {(one.person, one.agency, one.facts["hold"]) for _, one in found}
    opened = found[0][1]
    assert ("case", format_time(NOON + 30 * DAY)) == (opened.facts["kind"], opened.facts["until"])
    assert {"plate", "case_number", "facts", "paper"} == set(opened.commitments)
    text = b"".join(tennessee.node.desk(HOME).evidence.log.entries(0, len(tennessee.records())))
    assert not [word for word in (PLATE, CASE, "green van", "W-17") if word.encode() in text]

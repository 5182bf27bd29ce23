"""Lookup: no answer without a permit, no permit without a record, and the record first."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import clickhouse_connect
import pytest

from lockplate.access import AccessRecord, AccessRequest, parse_leaf
from lockplate.clock import SetClock, period_of
from lockplate.errors import BadInput, Conflict, Denied, NotFound, StoreFailed
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.log import TileLog
from lockplate.evidence.proof_file import open_proof
from lockplate.evidence.recorder import Recorder
from lockplate.gate.permit import Permit
from lockplate.lookup.answer import OperatorAnswer
from lockplate.lookup.asking import Lookup, OperatorParts
from lockplate.operations.asking import WaitingName, approve, refuse, resume
from lockplate.operations.operation import Actor
from lockplate.registry.grants import GrantProposal
from lockplate.seal.sealer import Opened, Sealer
from lockplate.sealed import Probe, SealedRead
from lockplate.settings import Settings
from lockplate.store.schema import Placement, writable_table
from lockplate.store.surface import ReadStore
from lockplate.terms import (
    Action,
    AgencyId,
    Basis,
    CaseNumber,
    LeafIndex,
    OperatorId,
    PersonId,
    PlateKey,
    Purpose,
    ReaderId,
    Verdict,
)
from lockplate.wiring.node import Node, open_node

COUNTY, WASH = OperatorId("county"), OperatorId("wash")
See = Callable[..., None]
MakeRequest = Callable[..., AccessRequest]


def ask(node: Node, request: AccessRequest) -> OperatorAnswer:
    """Ask one operator."""
    (part,) = node.lookup.ask(request).operators
    return part


def proven(node: Node, index: int, operator: OperatorId = COUNTY) -> AccessRecord:
    """Return a record once its proof holds against the newest checkpoint."""
    evidence = node.desk(operator).evidence
    evidence.publisher.publish()
    return parse_leaf(open_proof(evidence.prove(index), evidence.publisher.vkey).entry)


# The order of promise 3


class Watch:
    """The real parts, with what happens written down in order, and the log looked at from outside."""

    def __init__(self, node: Node) -> None:
        self.events: list[str] = []
        self.durable_at_find: list[int] = []
        self.durable_at_open: list[int] = []
        self.fails = False
        self._node = node
        desk = node.desk(COUNTY)
        view = node.lookup._parts[COUNTY].view
        parts = OperatorParts(
            sealer=WatchedSealer(desk.sealer, self), recorder=WatchedRecorder(desk.recorder, self), view=view
        )
        self.lookup = Lookup(
            facts=node.facts,
            gate=node.gate,
            store=WatchedStore(node.store, self),
            parts={COUNTY: parts},
            waiting=node.registries.waiting,
            clock=node.clock,
        )

    def durable(self) -> int:
        """Return how many records another reader of the file sees: what is committed, not what is in memory."""
        with TileLog.open(EvidenceFolder.of(self._node.settings.home, COUNTY).log) as log:
            return log.size


class WatchedStore:
    def __init__(self, store: ReadStore, watch: Watch) -> None:
        self._store, self._watch = store, watch

    def find(self, operator: OperatorId, probes: Sequence[Probe], *, start: int, end: int) -> list[SealedRead]:
        self._watch.events.append("find")
        self._watch.durable_at_find.append(self._watch.durable())
        if self._watch.fails:
            raise StoreFailed("the store refused (as told)")
        return self._store.find(operator, probes, start=start, end=end)


class WatchedRecorder:
    def __init__(self, recorder: Recorder, watch: Watch) -> None:
        self._recorder, self._watch = recorder, watch

    def record(self, record: AccessRecord, private: Mapping[str, str] | None = None) -> LeafIndex:
        index = self._recorder.record(record, private)
        self._watch.events.append(record.action.value)
        return index


class WatchedSealer:
    def __init__(self, sealer: Sealer, watch: Watch) -> None:
        self._sealer, self._watch = sealer, watch

    def probes(self, permit: Permit) -> object:
        self._watch.events.append("probes")
        return self._sealer.probes(permit)

    def open(self, permit: Permit, row: SealedRead, plate_key: PlateKey) -> Opened:
        self._watch.events.append("open")
        self._watch.durable_at_open.append(self._watch.durable())
        return self._sealer.open(permit, row, plate_key)


def test_the_record_comes_first_and_last(node: Node, see: See, make_request: MakeRequest) -> None:
    """Intent durable → tokens → rows → open → outcome durable → answer, and nothing in another order."""
    see(node, "ORDER01")
    watch = Watch(node)
    before = watch.durable()

    (part,) = watch.lookup.ask(make_request(node, "ORDER01")).operators

    assert ["question:intent", "probes", "find", "open", "question:outcome"] == watch.events
    assert ([before + 1], [before + 1]) == (watch.durable_at_find, watch.durable_at_open)
    assert (before, before + 1, before + 2) == (part.record_index, part.outcome_index, watch.durable())
    intent, outcome = proven(node, part.record_index), proven(node, part.outcome_index)
    assert (Action.QUESTION_INTENT, Action.QUESTION_OUTCOME) == (intent.action, outcome.action)
    assert part.record_index == outcome.refers_to
    assert (1, 1, 0) == tuple(outcome.counts[name] for name in ("plates", "reads", "unopened"))
    assert {"plate", "case_number"} == set(intent.commitments)


def test_a_store_that_fails_leaves_an_intent_and_no_answer(node: Node, see: See, make_request: MakeRequest) -> None:
    """The question stands on record without an outcome: whoever reads the log sees that nothing was shown."""
    see(node, "NOSTORE")
    watch = Watch(node)
    watch.fails = True
    before = watch.durable()

    with pytest.raises(StoreFailed):
        watch.lookup.ask(make_request(node, "NOSTORE"))

    assert ["question:intent", "probes", "find"] == watch.events
    assert before + 1 == watch.durable()


def test_an_outcome_that_cannot_be_recorded_shows_nothing(node: Node, see: See, make_request: MakeRequest) -> None:
    """When the log refuses the outcome, what was found stays here."""
    see(node, "NOOUTCM")
    watch = Watch(node)
    recorder = watch.lookup._parts[COUNTY].recorder
    record = recorder.record

    def refused(entry: AccessRecord, private: Mapping[str, str] | None = None) -> LeafIndex:
        if entry.action is Action.QUESTION_OUTCOME:
            raise StoreFailed("the log refused (as told)")
        return record(entry, private)

    recorder.record = refused  # type: ignore[method-assign]

    with pytest.raises(StoreFailed):
        watch.lookup.ask(make_request(node, "NOOUTCM"))
    assert "open" in watch.events


def test_a_permit_is_not_used_after_its_time(node: Node, see: See, make_request: MakeRequest, clock: SetClock) -> None:
    """A log that takes longer than a permit lives leaves nothing to open with."""
    see(node, "LATE001")
    watch = Watch(node)
    recorder = watch.lookup._parts[COUNTY].recorder
    record = recorder.record

    def slow(entry: AccessRecord, private: Mapping[str, str] | None = None) -> LeafIndex:
        index = record(entry, private)
        clock.advance(timedelta(minutes=3))
        return index

    recorder.record = slow  # type: ignore[method-assign]

    with pytest.raises(Exception, match="not in force"):
        watch.lookup.ask(make_request(node, "LATE001"))
    assert "find" not in watch.events


# Answers


def test_an_answer_shows_what_a_person_needs_to_weigh_it(
    node: Node, see: See, make_request: MakeRequest, clock: SetClock
) -> None:
    """Reader by name, place, time to the millisecond, as read, confidence on its scale, when it will be forgotten."""
    at = clock.now() - timedelta(minutes=5, milliseconds=250)
    see(node, "7WEIGH1", at)

    part = ask(node, make_request(node, "7weigh-1"))

    (read,) = part.reads
    assert (at, "Bridge, eastbound", "Bridge", "7WEIGH1", "exact") == (
        read.captured_at,
        read.reader_name,
        read.place,
        read.as_read,
        read.match,
    )
    assert (91.5, "0-100", "US-CA", "N", {"make": "Ford", "color": "green"}, at.isoformat(), "offset_in_text") == (
        read.confidence.value,
        read.confidence.scale,
        read.region,
        read.direction,
        read.vehicle,
        read.device_time,
        read.clock_rule,
    )
    made_at = node.desk(COUNTY).ring.made_at(period_of(at))
    assert made_at + timedelta(days=30) == read.retention_end
    assert ("us-ca", "") == (part.profile, part.note)
    assert [reason.policy_id for reason in part.reasons] == list(part.policy_ids)


def test_retention_from_capture_counts_from_the_hours_start(node: Node, see: See, make_request: MakeRequest) -> None:
    """Washington: 21 days from the hour of the read."""
    at = node.clock.now() - timedelta(hours=3)
    see(node, "WASH123", at, operator="wash")

    part = ask(
        node,
        make_request(
            node,
            "WASH123",
            person=PersonId("wes"),
            agency=AgencyId("wash"),
            on_behalf_of=AgencyId("wash"),
            operators=(WASH,),
        ),
    )

    start = at.replace(minute=0, second=0, microsecond=0)
    assert [start + timedelta(days=21)] == [read.retention_end for read in part.reads]


@pytest.mark.parametrize(
    ("as_read", "asked", "match"),
    [
        ("7AB C-123", "7abc123", "exact"),
        ("0B5IZ", "OBSIZ", "folded"),
        ("OBOLI", "0B0L1", "folded"),
        ("QQ11ZZ", "QQ11Z?", "candidate"),
    ],
)
def test_how_a_read_agrees(
    node: Node, see: See, make_request: MakeRequest, as_read: str, asked: str, match: str
) -> None:
    """The text as read is shown, and whether it equals the asked text, its folding, or a candidate."""
    see(node, as_read)

    reads = [read for read in ask(node, make_request(node, asked)).reads if read.as_read == as_read]

    assert [match] == [read.match for read in reads]


def test_without_records_only_the_key_agrees(node: Node, see: See, make_request: MakeRequest) -> None:
    """An index-only operator's answer says where and when, and that no more is known."""
    see(node, "KEYONLY", operator="index")
    own = {"person": PersonId("ivy"), "agency": AgencyId("index"), "on_behalf_of": AgencyId("index")}

    (read,) = ask(node, make_request(node, "KEYONLY", operators=(OperatorId("index"),), **own)).reads

    assert ("key_only", None, None, None) == (read.match, read.as_read, read.confidence, read.device_time)


def test_a_partial_plate_is_expanded_never_searched(node: Node, see: See, make_request: MakeRequest) -> None:
    """`?` stands for every character, counted in the record; what the pattern does not name is not found."""
    for plate in ("5PART01", "5PART02", "5QART01"):
        see(node, plate)

    answer = node.lookup.ask(make_request(node, "5PART0?"))

    (part,) = answer.operators
    assert {"5PART01", "5PART02"} == {read.as_read for read in part.reads}
    assert 30 == answer.plates_asked == proven(node, part.record_index).counts["plates"]


@pytest.mark.parametrize("plate", ["???", "*", "", "-- --", "A???", "7" + "?" * 39, "A" * 41])
def test_what_names_no_plate_is_no_question(node: Node, make_request: MakeRequest, plate: str) -> None:
    """Only unknown characters, none at all, or too many: refused before the gate, with nothing on record."""
    size = node.desk(COUNTY).evidence.log.size

    with pytest.raises(BadInput):
        node.lookup.ask(make_request(node, plate))
    assert size == node.desk(COUNTY).evidence.log.size


def test_the_window_is_half_open_to_the_second(node: Node, see: See, make_request: MakeRequest) -> None:
    """A read at the start is in, at the end is out; a window that begins inside a second is no error."""
    at = node.clock.now() - timedelta(minutes=20)
    see(node, "WINDOW1", at)

    def found(start: datetime, end: datetime) -> int:
        return len(ask(node, make_request(node, "WINDOW1", window_from=start, window_to=end)).reads)

    second, half = timedelta(seconds=1), timedelta(milliseconds=500)
    assert [1, 0, 0, 1] == [
        found(at, at + second),
        found(at - second, at),
        found(at + half, at + second),
        found(at - half, at + half),
    ]


def test_nothing_kept_is_said_so(node: Node, make_request: MakeRequest) -> None:
    """An hour without a key gives no probe, and the note says what that means."""
    start = datetime(2026, 11, 1, tzinfo=UTC)

    part = ask(node, make_request(node, "NOTHERE", window_from=start, window_to=start + timedelta(days=1)))

    assert ((), 0) == (part.reads, part.periods_asked)
    assert "forgotten" in part.note
    assert "not read" in ask(node, make_request(node, "NEVERSEEN")).note


def test_a_destroyed_hour_does_not_answer(node: Node, see: See, make_request: MakeRequest) -> None:
    """The row is still in the store; without its hour's key nothing asks for it."""
    at = node.clock.now() - timedelta(hours=30)
    see(node, "DESTROY", at)
    assert 1 == len(ask(node, make_request(node, "DESTROY")).reads)
    ring = node.desk(COUNTY).ring
    period = period_of(at)

    ring.destroy_periods([period], node.clock.now())

    assert () == ask(node, make_request(node, "DESTROY")).reads
    assert 1 == sum(node.store.rows_in_period(COUNTY, period).values())


# Denials, and several operators


def test_a_denial_is_a_leaf_with_its_cites(node: Node, see: See, make_request: MakeRequest) -> None:
    """Denied with policy and cite, on record with proof; the leaf commits to the plate and does not say it."""
    see(node, "DENIED1")

    part = ask(node, make_request(node, "DENIED1", case_number=CaseNumber("")))

    assert (Verdict.DENIED, ()) == (part.verdict, part.reads)
    assert "floor-case-number-missing" in part.policy_ids
    assert all(reason.cite and reason.says for reason in part.reasons)
    record = proven(node, part.record_index)
    assert (Action.QUESTION_DENIED, part.policy_ids, PersonId("ann")) == (
        record.action,
        record.policy_ids,
        record.person,
    )
    assert b"DENIED1" not in node.desk(COUNTY).evidence.log.entry(part.record_index)
    assert "DENIED1" == node.desk(COUNTY).recorder.details_of(part.record_index).values["plate"]


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": Purpose.IMMIGRATION},
        {"on_behalf_of": AgencyId("ice")},
        {"person": PersonId("agent"), "agency": AgencyId("ice"), "on_behalf_of": AgencyId("ice")},
        {"on_behalf_of": AgencyId("never-heard-of")},
        {"purpose": Purpose.REPRODUCTIVE_CARE},
    ],
)
def test_the_floor_is_on_record(node: Node, see: See, make_request: MakeRequest, changes: dict[str, object]) -> None:
    """Immigration, by purpose, agency or receiver: no answer, and the refusal can be proved."""
    see(node, "FLOOR01")

    part = ask(node, make_request(node, "FLOOR01", **changes))

    assert (Verdict.DENIED, ()) == (part.verdict, part.reads)
    assert Verdict.DENIED is proven(node, part.record_index).verdict


def test_each_operator_is_judged_for_itself(node: Node, see: See, make_request: MakeRequest) -> None:
    """One request to two operators: the own one answers, the other has granted nothing; each has its own record."""
    see(node, "SEVERAL")
    see(node, "SEVERAL", operator="wash")

    answer = node.lookup.ask(make_request(node, "SEVERAL", operators=(COUNTY, WASH, COUNTY)))

    assert Verdict.PERMITTED is answer.decision
    assert [(COUNTY, "permitted", 1), (WASH, "denied", 0)] == [
        (part.operator, part.verdict.value, len(part.reads)) for part in answer.operators
    ]
    for part in answer.operators:
        record = proven(node, part.record_index, part.operator)
        assert (part.operator, answer.request_id) == (record.operator, record.request_id)


def test_a_grant_opens_its_readers_only(node: Node, see: See, make_request: MakeRequest) -> None:
    """A grant of named readers answers for those; the rows of others stay closed."""
    see(node, "GRANTED")
    now = node.clock.now()
    grants = node.registries.grants
    for readers, expected in ((frozenset({ReaderId("bridge")}), 1),):
        proposed = grants.propose(
            GrantProposal(
                operator=COUNTY,
                grantee=AgencyId("index"),
                purposes=frozenset({Purpose.FELONY_INVESTIGATION}),
                readers=readers,
                valid_from=now,
                valid_to=now + timedelta(days=30),
            ),
            by=PersonId("ben"),
        )
        grants.approve(proposed.grant, by=PersonId("sue"))
        ivy = {"person": PersonId("ivy"), "agency": AgencyId("index"), "on_behalf_of": AgencyId("index")}
        part = ask(node, make_request(node, "GRANTED", **ivy))
        assert (Verdict.PERMITTED, expected) == (part.verdict, len(part.reads)), part.reasons


def test_whoever_is_not_here_cannot_ask(node: Node, make_request: MakeRequest) -> None:
    """An unknown person or operator is not found, before anything is recorded."""
    for changes in ({"person": PersonId("nobody")}, {"operators": (OperatorId("nowhere"),)}):
        with pytest.raises(NotFound):
            node.lookup.ask(make_request(node, "ANYONE1", **changes))


def test_a_preview_opens_and_records_nothing(node: Node, make_request: MakeRequest) -> None:
    """What the gate would say, without a permit or a leaf."""
    size = node.desk(COUNTY).evidence.log.size

    told = node.lookup.preview(make_request(node, "PREVIEW", operators=(COUNTY, WASH)))

    assert {COUNTY: "permitted", WASH: "denied"} == {name: one.verdict.value for name, one in told.items()}
    assert size == node.desk(COUNTY).evidence.log.size


# A second person


def actor(person: str) -> Actor:
    return Actor(person=PersonId(person))


def waiting(node: Node, see: See, make_request: MakeRequest, plate: str) -> WaitingName:
    """Ask a question that needs a second person, and return its name."""
    see(node, plate)
    request = make_request(node, plate, reason="warrant; he also has an ICE detainer")
    part = ask(node, request)
    assert (Verdict.PENDING, ()) == (part.verdict, part.reads)
    assert Action.QUESTION_PENDING is proven(node, part.record_index).action
    return WaitingName(request_id=request.request_id, operator="county")


def test_a_second_person_and_then_one_answer(node: Node, see: See, make_request: MakeRequest) -> None:
    """Pending → approved by a supervisor who did not ask → answered once; then it is over."""
    name = waiting(node, see, make_request, "SECOND1")
    assert Verdict.PENDING is resume(node, actor("ann"), name).verdict

    approve(node, actor("ben"), name)
    part = resume(node, actor("ann"), name)

    assert (Verdict.PERMITTED, 1) == (part.verdict, len(part.reads))
    size = node.desk(COUNTY).evidence.log.size
    with pytest.raises(Conflict):
        resume(node, actor("ann"), name)
    assert size == node.desk(COUNTY).evidence.log.size


@pytest.mark.parametrize("who", ["ann", "ivy", "ada", "wes", "agent"])
def test_who_may_not_be_the_second_person(node: Node, see: See, make_request: MakeRequest, who: str) -> None:
    """The author, another agency, an auditor, an officer: refused, and the question still waits."""
    name = waiting(node, see, make_request, f"NOTBY{who}".upper())

    with pytest.raises(Denied):
        approve(node, actor(who), name)
    assert Verdict.PENDING is resume(node, actor("ann"), name).verdict


def test_a_supervisor_cannot_approve_what_they_asked(node: Node, see: See, make_request: MakeRequest) -> None:
    """The role is not enough: it must be another person."""
    see(node, "OWNASK1")
    request = make_request(node, "OWNASK1", person=PersonId("ben"), reason="ICE detainer")
    assert Verdict.PENDING is ask(node, request).verdict
    name = WaitingName(request_id=request.request_id, operator="county")

    with pytest.raises(Denied):
        approve(node, actor("ben"), name)
    approve(node, actor("sue"), name)
    assert Verdict.PERMITTED is resume(node, actor("ben"), name).verdict


def test_only_its_author_takes_an_answer_up(node: Node, see: See, make_request: MakeRequest) -> None:
    """Whoever approves does not get the answer."""
    name = waiting(node, see, make_request, "AUTHOR1")
    approve(node, actor("ben"), name)

    with pytest.raises(BadInput):
        resume(node, actor("ben"), name)


def test_a_refused_question_is_over(node: Node, see: See, make_request: MakeRequest, clock: SetClock) -> None:
    """Refused, or too old: a conflict, not another wait."""
    refused = waiting(node, see, make_request, "REFUSED")
    refuse(node, actor("ben"), refused)
    with pytest.raises(Conflict):
        resume(node, actor("ann"), refused)

    old = waiting(node, see, make_request, "TOOLATE")
    approve(node, actor("ben"), old)
    clock.advance(timedelta(hours=25))
    with pytest.raises(Conflict):
        resume(node, actor("ann"), old)


def test_an_approval_is_good_for_one_answer_also_when_two_ask_at_once(
    node: Node, see: See, make_request: MakeRequest
) -> None:
    """Of several who take an approved question up in the same moment, one is answered."""
    name = waiting(node, see, make_request, "ATONCE1")
    approve(node, actor("ben"), name)
    start = threading.Barrier(4)
    answered: list[OperatorAnswer] = []
    turned_away: list[Exception] = []

    def take_up() -> None:
        start.wait()
        try:
            answered.append(resume(node, actor("ann"), name))
        except Conflict as error:
            turned_away.append(error)

    threads = [threading.Thread(target=take_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [1] == [len(part.reads) for part in answered if part.verdict is Verdict.PERMITTED]
    assert 4 == len(answered) + len(turned_away)


def test_a_waiting_question_is_judged_again(node: Node, see: See, make_request: MakeRequest) -> None:
    """An account that was closed in between gets no answer, approval or not."""
    name = waiting(node, see, make_request, "CLOSED1")
    approve(node, actor("ben"), name)
    node.registries.people.deactivate(PersonId("ann"))
    try:
        assert Verdict.DENIED is node.lookup.resume(name.request_id, COUNTY).verdict
    finally:
        node.registries.people.activate(PersonId("ann"))


def test_basis_and_purpose_go_into_the_record(node: Node, see: See, make_request: MakeRequest) -> None:
    """Every element that SB 34 wants is in the leaf or sealed beside it."""
    see(node, "ELEMENT")
    request = make_request(node, "ELEMENT", basis=Basis.WARRANT, reason="blue van at the scene")

    part = ask(node, request)

    record = proven(node, part.record_index)
    assert (request.person, request.agency, request.purpose, request.basis, request.offense) == (
        record.person,
        record.agency,
        record.purpose,
        record.basis,
        record.offense,
    )
    assert (request.window_from, request.window_to, node.gate.policy_set_hash) == (
        record.window_from,
        record.window_to,
        record.policy_set_hash,
    )
    details = node.desk(COUNTY).recorder.details_of(part.record_index).values
    assert {"plate": "ELEMENT", "case_number": "26-4711", "reason": "blue van at the scene"} == details


# A store that somebody changed


def test_changed_rows_do_not_open(
    tmp_path: Path, see: See, make_request: MakeRequest, found_node: Callable[[Settings, SetClock], None], node: Node
) -> None:
    """A record moved to another row, a byte turned over, an hour that does not fit: counted, and nothing is shown."""
    node.close()
    settings = Settings(home=tmp_path / "home", kek_file=tmp_path / "home.kek", batch_wait_ms=1)
    clock = SetClock(datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
    found_node(settings, clock)
    times = {plate: clock.now() - timedelta(minutes=20 - place) for place, plate in enumerate(("SWAPAAA", "SWAPBBB"))}
    with open_node(settings, clock) as opened:
        for plate, at in times.items():
            see(opened, plate, at)
        see(opened, "TURNED1", clock.now() - timedelta(minutes=3))
        see(opened, "MOVED01", clock.now() - timedelta(minutes=2))
        see(opened, "INTACT1", clock.now() - timedelta(minutes=1))

    client = clickhouse_connect.get_client(interface="chdb", path=str(settings.home / "store"))
    table = writable_table(Placement())
    rows = client.query(f"SELECT captured_at, hex(record), period FROM {table} FINAL ORDER BY captured_at").result_rows
    assert 5 == len(rows)
    first, second, turned, moved, _ = rows
    change = "ALTER TABLE {} UPDATE record = unhex('{}') WHERE captured_at = {} SETTINGS mutations_sync = 2"
    client.command(change.format(table, second[1], first[0]))
    client.command(change.format(table, first[1], second[0]))
    last = f"{int(turned[1][-2:], 16) ^ 1:02X}"
    client.command(change.format(table, turned[1][:-2] + last, turned[0]))
    columns = "operator, period, token, captured_at, reader, withdrawn, record"
    client.command(
        f"INSERT INTO {table} ({columns}) SELECT operator, period, token, captured_at - 7200, reader, withdrawn, record "
        f"FROM {table} WHERE captured_at = {moved[0]}"
    )
    client.close()

    with open_node(settings, clock) as opened:
        for plate, unopened, shown in (
            ("SWAPAAA", 1, 0),
            ("SWAPBBB", 1, 0),
            ("TURNED1", 1, 0),
            ("MOVED01", 1, 1),
            ("INTACT1", 0, 1),
        ):
            part = ask(opened, make_request(opened, plate))
            assert (plate, unopened, shown) == (plate, part.unopened, len(part.reads))
            assert unopened == proven(opened, part.outcome_index).counts["unopened"]

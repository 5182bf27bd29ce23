"""Holding at one operator of an open node: built for one call.

What flows in: a node, an operator. What flows out: its Holding.
What it must never see: a request. People's commands and retention's runs use the same.
"""

from datetime import datetime, timedelta

from lockplate.evidence.noting import Recording
from lockplate.gate.question import OperatorFacts
from lockplate.holding.holding import Around, Holding
from lockplate.holding.keeping import Keeper
from lockplate.holding.records import HoldRecords
from lockplate.holding.sweeping import Sweeper
from lockplate.law.profile import LawProfile
from lockplate.terms import OperatorId, ReaderId
from lockplate.wiring.node import Node


def holding_at(node: Node, operator: OperatorId, recorder: Recording | None = None) -> Holding:
    """Return the holds of an operator, or raise NotFound for one that is not here.

    A `recorder` of one's own goes to the same log; None: the operator's.
    """
    desk, holds = node.desk(operator), node.registries.holds

    def facts() -> OperatorFacts:
        return node.facts.operator(operator)

    def law_of(start: datetime, end: datetime) -> LawProfile | None:
        found = node.law.law_of_window(operator, start, end)
        return None if found is None else found.law

    def readers(start: datetime, end: datetime) -> frozenset[ReaderId]:
        registered = {reader.reader for reader in node.registries.readers.list_all(operator)}
        last = (end - timedelta(microseconds=1)).date()
        counted = {count.reader for count in node.store.counts(operator, start.date(), last)}
        return frozenset(registered | counted)

    keeper = Keeper(
        operator=operator,
        holds=holds,
        sealer=desk.sealer,
        held=desk.held,
        store=node.store,
        retention_end=desk.retention_end,
    )
    records = HoldRecords(recorder or desk.recorder, node.gate.policy_set_hash, node.clock)
    sweeper = Sweeper(
        facts=facts,
        holds=holds,
        held=desk.held,
        keeper=keeper,
        records=records,
        gate=node.gate,
        clock=node.clock,
    )
    return Holding(
        around=Around(
            operator=operator,
            law_of=law_of,
            agency_of=node.facts.agency,
            sure_now=lambda: node.receipts[operator].not_before(node.clock.now()),
            readers=readers,
        ),
        holds=holds,
        held=desk.held,
        keeper=keeper,
        sweeper=sweeper,
        records=records,
        gate=node.gate,
        clock=node.clock,
    )

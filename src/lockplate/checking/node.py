"""Node: the whole check of an open node, part by part, so that a caller can say how far it is.

What flows in: an open node, a part's name. What flows out: a Report.
What it must never see: a plate; it changes nothing.
"""

import threading
from collections.abc import Callable
from enum import StrEnum
from functools import partial

from lockplate.checking.details import check_details
from lockplate.checking.findings import Found, both
from lockplate.checking.history import read_history
from lockplate.checking.keys import check_keys, check_notes
from lockplate.checking.lists import check_acceptances, check_list_grants
from lockplate.checking.people import check_agencies, check_operators, check_people, check_places, check_readers
from lockplate.checking.rows import check_rows, check_strangers
from lockplate.checking.rules import (
    check_approvals,
    check_grants,
    check_holds,
    check_hot_lists,
    check_local_laws,
    check_policies,
    check_words,
)
from lockplate.checking.told import read_told
from lockplate.evidence.fsck import Report
from lockplate.terms import OperatorId
from lockplate.wiring.node import Node

SECOND_LOOK_SECONDS = 1.5


class Part(StrEnum):
    """A part of the check; the registry's is of the whole node, the others are of one operator."""

    REGISTRY = "registry"
    ROWS = "rows"
    KEYS = "keys"
    DETAILS = "details"


def check_part(node: Node, part: Part, operator: OperatorId | None) -> Report:
    """Return what one part of the check finds; what it finds it looks at twice, since the node may be at work."""
    first = _look(node, part, operator)
    if not first.findings:
        return first
    threading.Event().wait(SECOND_LOOK_SECONDS)
    return both(first, _look(node, part, operator))


def _look(node: Node, part: Part, operator: OperatorId | None) -> Report:
    if part is Part.REGISTRY or operator is None:
        return _registry(node)
    looks: dict[Part, Callable[[Node, OperatorId], Report]] = {
        Part.ROWS: _rows,
        Part.KEYS: _keys,
        Part.DETAILS: _details,
    }
    return looks[part](node, operator)


def _registry(node: Node) -> Report:
    found = Found()
    # the registry may be ahead of what was read of the log, never behind it for long: a second look tells
    histories = {name: read_history(name, desk.evidence.log) for name, desk in node.desks.items()}
    logs, registries = tuple(histories.values()), node.registries
    for name, check in (
        ("people", partial(check_people, registries, logs)),
        ("agencies", partial(check_agencies, registries, logs)),
        ("operators", partial(check_operators, registries, histories)),
        ("readers", partial(check_readers, registries, logs)),
        ("places", partial(check_places, registries, histories)),
        ("policies", partial(check_policies, node.gate.policy_set_hash, logs)),
        ("local laws", partial(check_local_laws, registries, histories)),
        ("words", partial(check_words, registries, logs)),
        ("grants", partial(check_grants, registries, histories)),
        ("holds", partial(check_holds, registries, histories, node.clock.now())),
        ("hot lists", partial(check_hot_lists, registries, histories)),
        ("list grants", partial(check_list_grants, registries, histories)),
        ("accepted entries", partial(check_acceptances, registries, histories)),
        ("approvals", partial(check_approvals, registries, histories)),
        ("rows", partial(check_strangers, node)),
    ):
        with found.catching(name):
            check(found)
    return found.report()


def _rows(node: Node, operator: OperatorId) -> Report:
    desk, found = node.desk(operator), Found()
    check_rows(node, desk, read_told(read_history(operator, desk.evidence.log), desk.recorder), found)
    return found.report()


def _keys(node: Node, operator: OperatorId) -> Report:
    desk, found = node.desk(operator), Found()
    history = read_history(operator, desk.evidence.log)
    check_keys(desk, node.store, read_told(history, desk.recorder), found)
    check_notes(history, node.receipts[operator], desk, found)
    return found.report()


def _details(node: Node, operator: OperatorId) -> Report:
    found = Found()
    check_details(node.desk(operator), found)
    return found.report()

"""Partition bugs: what we plant in a node, or in its witness, whose network is cut. Each breaks one promise on purpose.

What flows in: a name. What flows out: nothing; this process is broken from now on.
What it must never see: the package's files: nothing is ever written there, and nothing here ships.
"""

from typing import Any

from lockplate.errors import StoreFailed
from lockplate.evidence.recorder import Recorder
from lockplate.evidence.witnesses import WitnessState, WitnessStore
from lockplate.witnessing import collecting, witness
from lockplate.witnessing.collecting import Collector

PLANTED = {
    "lost-answer-conflict": "a witness that knows a longer log than the node last heard of is said to contradict it",
    "cut-unseen": "a witness that cannot be reached is shown as it last answered",
    "no-witness-no-answer": "nothing is recorded, so nothing answered, while a witness cannot be reached",
    "witness-rolls-back": "the witness cosigns whatever the log signed, also an older checkpoint",
}
ANSWER_SECONDS = 3.0
"""A witness is given up sooner than by the program as it ships, so that runs are short."""


def plant(name: str) -> None:
    """Break this process; a name that is none of ours changes nothing but how long a witness is waited for."""
    collecting.ANSWER_SECONDS = ANSWER_SECONDS
    if name == "lost-answer-conflict":
        Collector._ask = _asked_once  # type: ignore[method-assign]
    if name == "cut-unseen":
        _hide_the_cut()
    if name == "no-witness-no-answer":
        _stop_with_the_witness()
    if name == "witness-rolls-back":
        witness._refusal = lambda newest, asked: None


def _asked_once(self: Collector, witnesses: Any, note: Any, seen: Any) -> Any:
    old = max((seen[one.name].size for one in witnesses if one.name in seen), default=0)
    try:
        with collecting.httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as client:
            return self._submit(client, witnesses, note, old)
    except collecting.httpx.HTTPError:
        return collecting._Said(state=WitnessState.UNREACHABLE, size=old)


def _hide_the_cut() -> None:
    note_standing = WitnessStore.note_standing

    def noted(self: WitnessStore, standing: Any) -> None:
        if standing.state is not WitnessState.UNREACHABLE:
            note_standing(self, standing)

    WitnessStore.note_standing = noted  # type: ignore[method-assign]


def _stop_with_the_witness() -> None:
    collect, commit = Collector.collect, Recorder._commit
    cut: list[bool] = [False]

    def collected(self: Collector) -> Any:
        told = collect(self)
        cut[0] = told is not None and any(one.state is WitnessState.UNREACHABLE for one in told.standings)
        return told

    def committed(self: Recorder, groups: Any) -> Any:
        if cut[0]:
            raise StoreFailed("no witness, no record")
        return commit(self, groups)

    Collector.collect = collected  # type: ignore[method-assign]
    Recorder._commit = committed  # type: ignore[method-assign]

"""The demo's witnesses: three invented keepers, each with a state, a key and a server of its own, on this machine.

What flows in: the demo's folder, its node, a port. What flows out: running witnesses that the county's logs ask.
What it must never see: a real witness: a keeper on the same machine shows how it works and proves nothing to anybody.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from lockplate.cli.companions import companion
from lockplate.operations.operation import Actor
from lockplate.operations.witnesses import NewPolicy, set_policy
from lockplate.terms import OperatorId
from lockplate.wiring.node import Node
from lockplate.witnessing.folder import WitnessFolder
from lockplate.witnessing.trusting import trust_log

KEEPERS = ("clerk", "board", "gazette")
"""The city's clerk, the oversight board, the newspaper."""
NEEDED = 2


class DemoWitness(msgspec.Struct, frozen=True, kw_only=True):
    """One keeper's witness."""

    keeper: str
    state: Path
    port: int
    vkeys: tuple[str, ...]

    @property
    def url(self) -> str:
        """Return where it answers."""
        return f"http://127.0.0.1:{self.port}"


def found_witnesses(folder: Path, first_port: int, node: Node, at: datetime) -> tuple[DemoWitness, ...]:
    """Make the three witnesses; each watches every operator's log, and each log asks them from now on."""
    folder.mkdir(parents=True)
    logs = {operator: node.desk(operator).evidence.publisher.vkey for operator in _operators(node)}
    made = []
    for place, keeper in enumerate(KEEPERS):
        files = WitnessFolder.at(folder / keeper)
        vkeys = files.create(f"{keeper}.pine.example/demo", at)
        with files.open_state() as state:
            for vkey in logs.values():
                trust_log(state, vkey, at)
        made.append(DemoWitness(keeper=keeper, state=files.folder, port=first_port + place, vkeys=vkeys))
    machine = Actor(person=None, is_system_user=True)
    for operator in logs:
        set_policy(node, machine, NewPolicy(text=policy_text(made), operator=operator))
    return tuple(made)


def policy_text(witnesses: Sequence[DemoWitness]) -> str:
    """Return the rule: two of the three, each by either of its keys."""
    lines = []
    for one in witnesses:
        names = [f"{one.keeper}-ed25519", f"{one.keeper}-mldsa"]
        lines += [f"witness {name} {vkey} {one.url}" for name, vkey in zip(names, one.vkeys, strict=True)]
        lines.append(f"group {one.keeper} any {' '.join(names)}")
    lines.append(f"group two-of-three {NEEDED} {' '.join(one.keeper for one in witnesses)}")
    return "\n".join([*lines, "quorum two-of-three", ""])


@contextmanager
def watching(witnesses: Sequence[DemoWitness]) -> Iterator[None]:
    """Run the witnesses until the block ends; what each prints lies beside its state."""
    with ExitStack() as stack:
        for one in witnesses:
            words = ["witness", "serve", "--state", str(one.state), "--listen", f"127.0.0.1:{one.port}"]
            stack.enter_context(companion(words, one.state.with_suffix(".log")))
        yield


def _operators(node: Node) -> list[OperatorId]:
    return [operator.operator for operator in node.registries.operators.list_all()]

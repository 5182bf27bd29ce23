"""WitnessFolder: where a witness's state and key lie, how the two are founded, and how they are opened together.

What flows in: a folder, a key file, a name, a clock. What flows out: an open witness, or its state alone.
What it must never see: a key inside the folder (decision 0012 for nodes, 0019 for witnesses).

    <folder>/witness.db      the state
    <folder>.key             the key, beside it: a backup of the folder is not a second witness
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from lockplate.clock import Clock
from lockplate.cosigning.cosignature import Cosigner
from lockplate.errors import Conflict, LogRefused, SettingRefused
from lockplate.witnessing.key_file import load_seed, make_key_file
from lockplate.witnessing.state import LOST, SeenStore
from lockplate.witnessing.witness import Witness


@dataclass(frozen=True, kw_only=True)
class WitnessFolder:
    """The names of one witness's files."""

    folder: Path
    key_file: Path

    @classmethod
    def at(cls, folder: Path, key_file: Path | None = None) -> Self:
        """Return the files of a witness; raises SettingRefused for a key that would lie in the folder of the state."""
        folder = folder.absolute()
        key_file = folder.parent / (folder.name + ".key") if key_file is None else key_file.absolute()
        if key_file.resolve().is_relative_to(folder.resolve()):
            raise SettingRefused(
                "the witness's key would lie inside the folder of its state",
                code="witness_key_inside",
                next_step="Name a file elsewhere: a copy of the state must not be a second witness.",
            )
        return cls(folder=folder, key_file=key_file)

    @property
    def state(self) -> Path:
        """Return the path of the state."""
        return self.folder / "witness.db"

    def create(self, name: str, at: datetime) -> tuple[str, ...]:
        """Found a witness and return its key strings; an attempt that a crash cut short can be repeated.

        Raises BadInput for a name that cannot name a key, Conflict when there is a witness here, and LogRefused when
        there is its key but no state: a lost state is not made anew.
        """
        Cosigner(name, bytes(64))  # the name is judged before anything is on disk
        if self.state.is_file():
            with SeenStore.open(self.state) as state:
                if state.vkeys():
                    raise Conflict("there is a witness in this folder", code="witness_exists")
        elif self.key_file.exists():
            raise LogRefused(
                "there is a witness's key and no state that belongs to it", code="witness_state_lost", next_step=LOST
            )
        with SeenStore.create(self.state) as state:
            if not self.key_file.exists():
                make_key_file(self.key_file)
            vkeys = tuple(key.text() for key in Cosigner(name, load_seed(self.key_file)).keys)
            state.found(vkeys, at)
        return vkeys

    def open(self, clock: Clock) -> Witness:
        """Return the witness, able to cosign; raises LogRefused or SettingRefused when a part is missing or differs."""
        state = self.open_state()
        try:
            name = state.vkeys()[0].partition("+")[0]
            return Witness(state, Cosigner(name, load_seed(self.key_file)), clock)
        except BaseException:
            state.close()
            raise

    def open_state(self) -> SeenStore:
        """Return the state alone, without the key; raises LogRefused when it is missing or was never founded."""
        state = SeenStore.open(self.state)
        if not state.vkeys():
            state.close()
            raise LogRefused(
                "this witness was not founded to the end", code="witness_not_founded", next_step="Run init again."
            )
        return state

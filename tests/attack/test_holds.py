"""Holds under attack: nothing of one lies in plain, none answers after its end, and none is a way to ask."""

import inspect
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from law_node import HOME, PLATE, LawNode, law_node
from lockplate.clock import format_time
from lockplate.errors import KeyUnavailable
from lockplate.holding.holding import Holding
from lockplate.law.words import HoldKind
from lockplate.operations.holds import CloseHold, HoldLine, OpenHold, RenewHold
from lockplate.operations.table import OPERATIONS
from lockplate.plate import fold
from lockplate.registry.holds import HoldState, LiftReason
from lockplate.seal.held import HoldSealer
from lockplate.terms import Verdict

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CASE = "CASE-778120-X"
SECRETS = {
    "case_number": CASE,
    "facts": "invented facts 5518823 about a van behind the mill",
    "requester": "Querulin Fabelhaft-Example",
    "paper": "WARRANT-99120-Z",
    "readers": ("millbrook-7741",),
}
PLAIN = [PLATE, fold(PLATE), CASE, "5518823", "Fabelhaft", "WARRANT-99120"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[LawNode]:
    """Tennessee, a read, and a hold of it that outlives the read's own time."""
    with law_node(tmp_path, "us-tn", NOON, "TN") as opened:
        opened.ingest((PLATE, NOON - timedelta(minutes=30), "millbrook-7741"))
        (opened.folder / "reads.ndjson").unlink()
        yield opened


def hold(place: LawNode) -> HoldLine:
    made: HoldLine = place.run(
        "hold.open",
        OpenHold(
            kind=HoldKind.CASE,
            plate=PLATE,
            window_from=format_time(NOON - timedelta(hours=1)),
            window_to=format_time(NOON),
            until=format_time(NOON + 200 * DAY),
            **SECRETS,  # type: ignore[arg-type]
        ),
        "olga",
    )
    return made


def ask(place: LawNode) -> Any:
    answer = place.ask(start=NOON - timedelta(hours=1), end=NOON, case_number=CASE)
    (part,) = answer.operators
    return part


def found_in(folder: Path) -> dict[str, list[str]]:
    """Return the files that hold a secret, in UTF-8 or UTF-16, and which."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes().upper()
            words = [
                word for word in PLAIN if any(word.upper().encode(form) in content for form in ("utf-8", "utf-16-le"))
            ]
            if words:
                found[path.name] = words
    return found


def copy_of(place: LawNode, folder: Path) -> None:
    """Copy registry and store, as a backup or a replica holds them; not the keys."""
    for name in ("registry.db", "store"):
        source = place.settings.home / name
        shutil.copytree(source, folder / name, symlinks=True) if source.is_dir() else shutil.copy2(
            source, folder / name
        )


def put_back(place: LawNode, folder: Path) -> None:
    for name in ("registry.db", "store"):
        target = place.settings.home / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        source = folder / name
        shutil.copytree(source, target, symlinks=True) if source.is_dir() else shutil.copy2(source, target)


def test_a_copy_of_the_disk_names_no_plate_case_or_name(place: LawNode) -> None:
    """Open, in use, drawn out, forgotten by hour, closed: in every state, in every file, nothing of it in plain."""
    held = hold(place).hold
    assert {} == found_in(place.settings.home)
    renewal = RenewHold(
        hold=held.hold_id, until=format_time(NOON + 300 * DAY), facts="5518823", paper="WARRANT-99120-Z"
    )
    place.run("hold.renew", renewal, "olga")
    place.forget(NOON + 91 * DAY)
    assert 1 == len(ask(place).reads)
    assert {} == found_in(place.settings.home)
    place.run("hold.close", CloseHold(hold=held.hold_id, reason=LiftReason.CASE_CLOSED), "olga")
    place.node.close()
    assert {} == found_in(place.settings.home)
    (place.folder / "home" / "planted").write_text(f"x {CASE} y")
    assert {"planted": [CASE]} == found_in(place.settings.home)


def test_an_old_copy_of_store_and_registry_answers_nothing_after_the_end(place: LawNode, tmp_path: Path) -> None:
    """Both from the time when the hold was open, put back: the hold says open, and nothing opens."""
    held = hold(place).hold
    place.forget(NOON + 91 * DAY)
    place.node.close()
    backup = tmp_path / "backup"
    backup.mkdir()
    copy_of(place, backup)
    place.reopen()
    assert 1 == len(ask(place).reads)
    place.run("hold.close", CloseHold(hold=held.hold_id, reason=LiftReason.NO_CHARGE), "sam")
    place.node.close()
    put_back(place, backup)
    place.reopen()

    assert HoldState.OPEN is place.node.registries.holds.get(held.hold_id).state
    assert 1 == len(place.node.registries.holds.held(held.hold_id))
    part = ask(place)
    assert (Verdict.DENIED, ("older-than-kept",), ()) == (part.verdict, part.policy_ids, part.reads)
    place.forget(NOON + 92 * DAY)
    assert "recovered" == place.node.registries.holds.get(held.hold_id).end_reason


def test_an_old_key_database_is_refused(place: LawNode, tmp_path: Path) -> None:
    """A key that the log says died with its hold is no reason to open: the node does not start."""
    held = hold(place).hold
    place.node.close()
    keys = place.settings.home / "keys" / f"{HOME}.db"
    shutil.copy2(keys, tmp_path / "keys.db")
    place.reopen()
    place.run("hold.close", CloseHold(hold=held.hold_id, reason=LiftReason.NO_CHARGE), "sam")
    place.node.close()
    current = keys.read_bytes()
    shutil.copy2(tmp_path / "keys.db", keys)
    with pytest.raises(KeyUnavailable):
        place.reopen()

    keys.write_bytes(current)
    place.reopen()


def test_rows_cannot_be_moved_to_a_hold_of_ones_own(place: LawNode) -> None:
    """Whoever writes to the registry gives another hold these reads, or this one another plate's: nothing opens."""
    place.ingest(("OTHER77", NOON - timedelta(minutes=20), "millbrook-7741"))
    held = hold(place).hold
    theirs = place.run(
        "hold.open",
        OpenHold(
            kind=HoldKind.CASE,
            plate="OTHER77",
            window_from=format_time(NOON - timedelta(hours=1)),
            window_to=format_time(NOON),
            until=format_time(NOON + 200 * DAY),
            case_number=CASE,
        ),
        "sam",
    ).hold
    place.forget(NOON + 91 * DAY)
    holds = place.node.registries.holds
    holds.keep(held.hold_id, holds.held(theirs.hold_id))

    part = ask(place)
    assert ([PLATE], 1) == ([read.as_read for read in part.reads], part.unopened)


def test_no_command_on_holds_shows_a_read() -> None:
    """What the commands give back has neither plate, reads nor a count; the flow has no way to read at all."""
    for name in ("hold.open", "hold.renew", "hold.close", "hold.list"):
        assert name in OPERATIONS
    fields = {field.name for field in msgspec.structs.fields(HoldLine)}
    assert {"hold", "case_number"} == fields
    assert {"open", "renew", "close", "list_all", "case_number", "secure", "expire"} == {
        name for name in dir(Holding) if not name.startswith("_")
    }
    told = {str(inspect.signature(getattr(Holding, name)).return_annotation) for name in ("open", "renew", "close")}
    assert {"Hold"} == {one.rpartition(".")[2].rstrip("'>") for one in told}


def test_a_hold_sealer_opens_for_a_permit_and_nothing_else() -> None:
    """Keeping and opening both want a permit first; papers are no reads."""
    assert {"seal_paper", "open_paper", "keep", "open", "is_alive", "commitment", "forget"} == {
        name for name in dir(HoldSealer) if not name.startswith("_")
    }
    for name in ("keep", "open"):
        assert "permit" == list(inspect.signature(getattr(HoldSealer, name)).parameters)[1]

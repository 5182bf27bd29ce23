"""Files: messages as files a person can open, parse and ingest, with the truth beside them.

What flows in: messages, and if wanted the true passages. What flows out: one file a message, `messages.ndjson` that
names each, and `truth.ndjson`.
What it must never see: a reader's key.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import IO

import msgspec

from lockplate.clock import format_time
from lockplate.errors import BadInput
from lockplate.simulate.message import Message
from lockplate.simulate.passage import Passage

TRUTH_FILE = "truth.ndjson"
MESSAGES_FILE = "messages.ndjson"
PAYLOADS_FOLDER = "payloads"


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was written."""

    files: int
    bytes: int
    passages: int
    """Lines of truth.ndjson."""
    by_format: dict[str, int]


def write_files(messages: Iterable[Message], folder: Path, *, passages: Iterable[Passage] | None = None) -> FileReport:
    """Write each message's body under `payloads/` and say in `messages.ndjson` whose it is and what is true.

    `truth.ndjson` holds every passage given in `passages`; without them, those that caused a message. The folder is
    made if need be; BadInput when it already holds a simulation, so that two are never mixed.
    """
    payloads = folder / PAYLOADS_FOLDER
    if payloads.exists() or (folder / TRUTH_FILE).exists() or (folder / MESSAGES_FILE).exists():
        raise BadInput(
            "the folder already holds a simulation", code="folder_in_use", next_step="Name an empty or new folder."
        )
    payloads.mkdir(parents=True)
    by_format: dict[str, int] = {}
    files = size = 0
    caused: dict[str, Passage] = {}
    with (folder / MESSAGES_FILE).open("wb") as manifest:
        for message in messages:
            name = f"{files:07d}-{message.reader_id}-{message.format}.{message.extension}"
            (payloads / name).write_bytes(message.body)
            _write_line(manifest, _manifest_line(message, f"{PAYLOADS_FOLDER}/{name}"))
            by_format[message.format] = by_format.get(message.format, 0) + 1
            files += 1
            size += len(message.body)
            if passages is None and message.detection is not None:
                caused.setdefault(message.detection.passage.passage_id, message.detection.passage)
    if passages is None:
        passages = sorted(caused.values(), key=lambda passage: (passage.at, passage.passage_id))
    lines = 0
    with (folder / TRUTH_FILE).open("wb") as truth:
        for passage in passages:
            _write_line(truth, _truth_line(passage))
            lines += 1
    return FileReport(files=files, bytes=size, passages=lines, by_format=dict(sorted(by_format.items())))


def _write_line(file: IO[bytes], line: dict[str, object]) -> None:
    file.write(msgspec.json.encode(line) + b"\n")


def _manifest_line(message: Message, name: str) -> dict[str, object]:
    detection = message.detection
    return {
        "file": name,
        "reader": message.reader_id,
        "format": message.format,
        "content_type": message.content_type,
        "send_at": format_time(message.send_at),
        "kind": message.kind.value,
        "passage": None if detection is None else detection.passage.passage_id,
        "true_plate": message.truth,
        "sent_plate": None if detection is None else detection.plate_text,
    }


def _truth_line(passage: Passage) -> dict[str, object]:
    return {
        "passage": passage.passage_id,
        "at": format_time(passage.at),
        "reader": passage.reader,
        "plate": passage.plate,
        "region": passage.region,
        "vehicle": passage.vehicle,
        "make": passage.look.make,
        "model": passage.look.model,
        "color": passage.look.color,
        "direction": passage.direction,
        "latitude": passage.latitude,
        "longitude": passage.longitude,
        "parked_seconds": passage.parked_seconds,
    }

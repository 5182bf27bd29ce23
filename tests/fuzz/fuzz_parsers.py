"""Parsers: everything in this program that reads bytes which others wrote, each with what it may raise and its seeds.

One table for hypothesis, for atheris and for the page docs/hostile-input.md. A parser takes bytes, checks what comes out,
and raises nothing but its refusals.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import fuzz_seeds as seeds
import msgspec
from fuzz_released import take_agency_list, take_confirmed, take_manifest, take_names, take_plan, take_released
from fuzz_scratch import scratch, written

from lockplate.access import parse_leaf
from lockplate.checkpoint import parse_checkpoint, verify_checkpoint
from lockplate.clock import SetClock, format_time, parse_time
from lockplate.cosigning.cosignature import COSIGNER_KINDS, cosignatures
from lockplate.cosigning.policy import parse_policy
from lockplate.errors import BadInput, CallerError, ProofInvalid, SettingRefused
from lockplate.evidence.fsck import check_export
from lockplate.evidence.opening import open_commitments, parse_opening, write_opening
from lockplate.evidence.proof_file import open_proof
from lockplate.evidence.published import read_published
from lockplate.evidence.rebuild import Damaged, read_leaf, read_note, split_bundle
from lockplate.evidence.tiles import BundleName, bundle_path, parse_path, tile_path
from lockplate.gate.cases import Case
from lockplate.gate.decision import Gate
from lockplate.gate.policy_set import PolicyRefused, PolicySet
from lockplate.gate.suggestive import load_suggestive_words
from lockplate.keys.kek import load_kek
from lockplate.law.loading import ProfileRefused, parse_profiles
from lockplate.law.local import parse_local_text
from lockplate.listfiles.codes import MAX_TYPES_TOLD
from lockplate.listfiles.layouts import layout_names, parse_list
from lockplate.lookup.there import _refused
from lockplate.note import SignatureType, parse_note, parse_vkey
from lockplate.operations.places import parse_places
from lockplate.operations.table import OPERATIONS
from lockplate.plate import MAX_PLATE_CHARACTERS, expand, fold, is_pattern, require_plate
from lockplate.read import Parsed, Read, public_read
from lockplate.readers.column_map import ColumnMap, load_column_map
from lockplate.readers.fields import EARLIEST_YEAR, LATEST_YEAR, any_time, mail_time, region_of
from lockplate.readers.formats import format_names, parse_body
from lockplate.readers.lockplate import columns_of_lines, reads_of_lines
from lockplate.readers.mapped import chunks_of_file, columns_of_chunk, reads_of_chunk
from lockplate.reporting.policy_document import load_wording
from lockplate.reporting.templates import load_templates
from lockplate.settings import load_settings
from lockplate.terms import ReaderId
from lockplate.web.commands import _typed
from lockplate.wiring.policies import policy_folder, shipped_gate
from lockplate.witnessing.submission import parse_submission

ZONE = ZoneInfo("America/New_York")
ALLOWED = frozenset({ReaderId("bridge"), ReaderId("r")})
KINDS = (SignatureType.ED25519, *COSIGNER_KINDS)
MAPS = {
    "rfc3339": "captured_at: {column: at, zone: America/New_York}\nposition: {latitude: lat, longitude: lon}\n",
    "pattern": 'captured_at: {column: at, format: "%Y-%m-%dT%H:%M:%SZ", zone: UTC}\nposition: {column: spot, missing: ["NA"]}\n',
    "epoch": "captured_at: {column: at, format: epoch_ms}\nconfidence: {column: conf}\n",
}


class Parser(NamedTuple):
    """One parser of the table."""

    name: str
    group: str
    take: Callable[[bytes], object]
    """Reads bytes and checks what comes out."""
    seeds: Callable[[], tuple[bytes, ...]]
    refusals: tuple[type[Exception], ...] = ()
    """All that it may raise."""


def offer(parser: Parser, data: bytes) -> bool:
    """Offer bytes to a parser; say whether it took them. Whatever it may not raise comes out."""
    try:
        parser.take(data)
    except parser.refusals as error:
        if not isinstance(error, UnicodeDecodeError):  # never shown: whoever calls says "not UTF-8"
            check_words(f"{error} {getattr(error, 'next_step', '')}")
        return False
    return True


def check_words(text: str) -> None:
    """What is said of hostile bytes can be written down, and holds no plate or secret out of them."""
    text.encode()
    for told in seeds.NEVER_SAID:
        assert told not in text.upper(), text


# What a camera sends


def payload(name: str | None) -> Callable[[bytes], Parsed]:
    """Return the reading of one format, or detection."""

    def take(data: bytes) -> Parsed:
        parsed = parse_body(data, format_name=name, zone=ZONE)
        assert parsed.reads or parsed.rejects or parsed.ignored
        for read in parsed.reads:
            check_read(read)
        for part in (*parsed.rejects, *parsed.ignored):
            msgspec.json.encode(part)
        return parsed

    return take


def check_read(read: Read) -> None:
    """A read has a plate that folds to its key, an instant of our age, and nothing that cannot be written down."""
    msgspec.json.encode(public_read(read))
    assert read.plate_key == fold(read.plate_text) != ""
    assert len(read.plate_text) <= MAX_PLATE_CHARACTERS
    if read.captured_at is not None:
        assert read.captured_at.utcoffset() is not None
        assert EARLIEST_YEAR - 30 <= read.captured_at.year <= LATEST_YEAR + 30


def take_lines(data: bytes) -> None:
    """Columns and reads of one chunk account for the same rows."""
    columns = columns_of_lines(data, default_reader=ReaderId("r"), allowed=ALLOWED)
    made, rows = reads_of_lines(data, default_reader=ReaderId("r"), allowed=ALLOWED)
    assert columns.rows == len(columns.plate_keys) + sum(columns.refused.values())
    assert columns.rows == rows == len(made)
    timed = [one for one in made if isinstance(one, Read) and one.captured_at is not None]
    assert columns.plate_keys == [one.plate_key for one in timed]
    assert columns.positions is not None
    assert len(columns.positions()) == len(columns.plate_keys) == len(columns.captured_at) == len(columns.reader_index)
    for place in range(len(columns.plate_keys)):
        check_read(columns.read_at(place))
    for one in made:
        if isinstance(one, Read):
            check_read(one)


@cache
def column_map(name: str, kind: str) -> ColumnMap:
    """Return one of the maps."""
    return load_column_map(f"format: {kind}\nplate: {{column: plate}}\nreader: {{column: reader}}\n{MAPS[name]}")


def mapped(name: str, kind: str) -> Callable[[bytes], None]:
    """Return the reading of a mapped file."""

    def take(data: bytes) -> None:
        path, known = written(f"table.{kind}", data), column_map(name, kind)
        for chunk in chunks_of_file(path, known, lambda _: None):
            columns = columns_of_chunk(chunk, known)
            assert columns.rows == len(columns.plate_keys) + sum(columns.refused.values())
            assert len(columns.plate_keys) == len(columns.captured_at) == len(columns.reader_index)
            made = reads_of_chunk(chunk, known)
            assert columns.rows == len(made)
            for one in made:
                if isinstance(one, Read):
                    check_read(one)

    return take


def take_places(data: bytes) -> None:
    """Every line is a place or refused."""
    places, refused = parse_places(data.decode())
    for place in places:
        assert abs(place.position.latitude) <= 90
    for line in refused:
        check_words(line.reason)


def hot_list(layout: str) -> Callable[[bytes], None]:
    """Return the reading of a hot list's file in one layout, or in the one that fits."""

    def take(data: bytes) -> None:
        parsed = parse_list(data, layout)
        assert parsed.lines == len(parsed.rows) + len(parsed.refused) + parsed.blank
        numbers = [row.line for row in parsed.rows] + [line.line for line in parsed.refused]
        assert len(set(numbers)) == len(numbers) == parsed.entries
        for row in parsed.rows:
            msgspec.json.encode(row)
            assert fold(row.plate_text)
        assert len(parsed.unknown_types) <= MAX_TYPES_TOLD
        assert all(len(code) <= 3 or code == "(words)" for code in parsed.unknown_types)

    return take


# What proves


def take_checkpoint(data: bytes) -> None:
    """What the log's reader believes, the checker's own believes too."""
    note = data.decode()
    checkpoint = verify_checkpoint(note, seeds.SIGNER.vkey)
    assert (checkpoint.size, checkpoint.root) == read_note(note, seeds.SIGNER.vkey)


def take_note(data: bytes) -> None:
    """A note is written as it was read; what is under it is looked at, signature by signature."""
    note = parse_note(data.decode())
    assert parse_note(note.written()) == note
    parse_checkpoint(note.text)
    cosignatures(note, seeds.COSIGNER.keys)


def take_key(data: bytes) -> None:
    """A key is written as it was read."""
    text = data.decode()
    assert parse_vkey(text, KINDS).text() == text


def take_quorum(data: bytes) -> None:
    """A policy is published as it was written, and says the same when it is read again."""
    policy = parse_policy(data.decode())
    assert parse_policy(policy.text()) == policy


def take_proof(data: bytes) -> None:
    """What is proved is one of the two entries that were signed for."""
    assert open_proof(data.decode(), seeds.SIGNER.vkey).entry in seeds.leaves()


def take_path(data: bytes) -> None:
    """A path has one spelling."""
    name = parse_path(data.decode())
    assert (bundle_path(name) if isinstance(name, BundleName) else tile_path(name)) == data.decode()


def take_leaf(data: bytes) -> None:
    """What is a record to the program is a leaf to the checker."""
    record = parse_leaf(data)
    hour, _ = read_leaf(data)
    assert hour == int(record.at.timestamp()) // 3600


def take_bundle(data: bytes) -> None:
    """A bundle is cut where its lengths say, and nothing is lost."""
    assert b"".join(len(entry).to_bytes(2, "big") + entry for entry in split_bundle(data)) == data


def take_published(hostile: dict[str, bytes]) -> None:
    """A log fetched from anywhere is what its key signed, or refused."""
    files = {"checkpoint": seeds.checkpoints()[0], "tile/entries/000.p/2": seeds.bundles()[0]} | hostile
    taken: list[object] = []
    read_published(lambda name: files.get(name, b""), seeds.SIGNER.vkey, lambda _, record: taken.append(record))
    assert len(taken) == len(seeds.leaves())


def take_refusal(data: bytes) -> None:
    """What another node says instead of an answer is a code that is known by its shape, and no words of its own."""
    check_words(f"{_refused(400, data, is_sign_in=False)} {_refused(401, data, is_sign_in=True)}")


def take_opening(data: bytes) -> None:
    """What an opening opens is what the record commits to."""
    opening = parse_opening(data)
    assert parse_opening(write_opening(opening).encode()) == opening
    open_commitments(opening, seeds.SIGNER.origin, 1, parse_leaf(seeds.leaves()[1]))


def take_export(data: bytes) -> None:
    """A folder with hostile files in it is reported, never a crash."""
    place, _, content = data.partition(b"\n")
    names = ("checkpoint", "tile/entries/000.p/2", "tile/0/000.p/2", "tile/entries/000")
    for name, good in zip(names, (seeds.checkpoints()[0], seeds.bundles()[0], bytes(64), b""), strict=True):
        written(f"export/{name}" if name != "tile/entries/000" else "other", good)
    written(f"export/{names[len(place) % 3]}", content)
    report = check_export(scratch() / "export", seeds.SIGNER.vkey)
    msgspec.json.encode(report)


# What a person or an operator writes


@cache
def gate() -> Gate:
    """Return the gate of the program."""
    return shipped_gate(SetClock(seeds.MORNING))


def take_case(data: bytes) -> None:
    """Whatever the facts say, the gate judges or denies."""
    try:
        case = msgspec.json.decode(data, type=Case)
    except RecursionError as error:  # nested too deep: `load_cases` refuses that, too
        raise PolicyRefused("not a case") from error
    msgspec.json.encode(case.explain(gate()))


def take_profile(data: bytes) -> None:
    """A profile's file is taken whole or refused."""
    named = re.search(rb"^ {4,6}id: ([a-z-]{1,20})$", data, re.MULTILINE)
    parse_profiles(data, f"{named[1].decode() if named else 'none'}.yaml")


def take_report(data: bytes) -> None:
    """A template is taken whole or refused."""
    named = re.search(rb"^profile: ([a-z-]{1,20})$", data, re.MULTILINE)
    path = written(f"reports/{named[1].decode() if named else 'none'}.yaml", data)
    try:
        load_templates(path.parent)
    finally:
        path.unlink()


def take_policies(data: bytes) -> None:
    """Policies are taken whole or refused."""
    PolicySet((policy_folder() / "schema.cedarschema").read_text(), [data.decode()])


def take_plate(data: bytes) -> None:
    """A plate folds to one key, and a pattern to few."""
    text = data.decode()
    key = fold(text)
    assert fold(key) == key
    keys = expand(text) if is_pattern(text) else (fold(require_plate(text)),)
    assert all(fold(one) == one for one in keys[:5])


def take_moment(data: bytes) -> None:
    """Any text is a time or none, in each of the forms."""
    text = data.decode()
    for captured in (any_time(text, ZONE), mail_time(text), any_time(text, None)):
        assert captured.at is None or EARLIEST_YEAR <= captured.at.year <= LATEST_YEAR
    assert (region_of(text) or "US").isascii()


def take_instant(data: bytes) -> None:
    """An instant is written as one that reads the same."""
    at = parse_time(data.decode())
    assert abs((parse_time(format_time(at)) - at).total_seconds()) < 0.001


def take_environment(data: bytes) -> None:
    """Any environment is settings or refused; a key in it does not show."""
    pairs = [line.partition("=") for line in data.decode().split("\n")]
    # a process's environment holds no NUL
    environment = {f"LOCKPLATE_{name}": value for name, _, value in pairs if "\0" not in name + value}
    found = load_settings(scratch() / "home", environment)
    assert found.kek is None or len(found.kek) < 8 or found.kek not in repr(found)
    if found.kek is not None:
        load_kek(file=found.kek_file, value=found.kek)


def take_request(data: bytes) -> None:
    """A request of any command is typed or refused, and what it says is not said back."""
    name, _, body = data.partition(b"\n")
    operation = OPERATIONS.get(name.decode("ascii", "replace")) or OPERATIONS["lookup"]
    msgspec.json.encode(_typed(body, operation))


def parsers() -> Iterator[Parser]:
    """Yield the whole table."""
    for name in format_names():
        yield Parser(f"payload-{name}", "payloads", payload(name), lambda name=name: seeds.payloads()[name])
    yield Parser("payload", "payloads", payload(None), seeds.any_payload)
    text = (UnicodeDecodeError,)
    yield Parser("ndjson", "files", take_lines, seeds.lines)
    for name in MAPS:
        yield Parser(f"csv-{name}", "files", mapped(name, "csv"), seeds.tables, (BadInput,))
    yield Parser("parquet", "files", mapped("rfc3339", "parquet"), seeds.parquet, (BadInput,))
    yield Parser("column-map", "files", lambda data: load_column_map(data.decode()), seeds.maps, (BadInput, *text))
    yield Parser("hot-list", "files", hot_list(""), seeds.hot_lists, (BadInput,))
    for name in layout_names():
        yield Parser(
            f"hot-list-{name}", "files", hot_list(name), lambda name=name: seeds.hot_lists_in(name), (BadInput,)
        )
    yield Parser("places", "files", take_places, seeds.places, (BadInput, *text))
    for name, made in (
        ("csv", seeds.released), ("json", seeds.released_json), ("text", seeds.released_text), ("xlsx", seeds.released_sheets),
    ):  # fmt: skip
        yield Parser(f"released-{name}", "files", take_released, made, (BadInput,))
    yield Parser("import-plan", "files", take_plan, seeds.plans, (BadInput, *text))
    yield Parser("release-manifest", "files", take_manifest, seeds.manifests, (BadInput,))
    yield Parser("agency-names", "files", take_names, seeds.agency_names)
    yield Parser("agency-list", "files", take_agency_list, seeds.agency_lists, (BadInput,))
    yield Parser("confirmed", "files", take_confirmed, seeds.confirmations, (BadInput,))
    yield Parser("local-law", "law", parse_local_text, seeds.local_laws, (CallerError,))
    yield Parser("law-profile", "law", take_profile, seeds.profiles, (ProfileRefused,))
    yield Parser("report", "law", take_report, seeds.reports, (SettingRefused,))
    yield Parser(
        "wording", "law", lambda data: load_wording(written("wording.yaml", data)), seeds.wording, (SettingRefused,)
    )
    yield Parser(
        "suggestive-words",
        "law",
        lambda data: load_suggestive_words(written("w.yaml", data)),
        seeds.suggestive,
        (PolicyRefused,),
    )
    yield Parser("case", "law", take_case, seeds.cases, (PolicyRefused, msgspec.MsgspecError, *text))
    yield Parser("cedar", "law", take_policies, seeds.policies, (PolicyRefused, *text))
    proof = (ProofInvalid, BadInput, *text)
    yield Parser("note", "evidence", take_note, seeds.checkpoints, proof)
    yield Parser("checkpoint", "evidence", take_checkpoint, seeds.checkpoints, proof)
    yield Parser(
        "checker-note",
        "evidence",
        lambda data: read_note(data.decode(), seeds.SIGNER.vkey),
        seeds.checkpoints,
        (Damaged, *text),
    )
    yield Parser(
        "checker-key",
        "evidence",
        lambda data: read_note(seeds.checkpoints()[0].decode(), data.decode()),
        seeds.log_keys,
        (Damaged, *text),
    )
    yield Parser("vkey", "evidence", take_key, seeds.keys, proof)
    yield Parser("witness-policy", "evidence", take_quorum, seeds.quorums, proof)
    yield Parser("proof-file", "evidence", take_proof, seeds.proofs, proof)
    yield Parser("submission", "evidence", parse_submission, seeds.submissions, proof)
    yield Parser("tile-path", "evidence", take_path, seeds.tile_paths, proof)
    yield Parser("leaf", "evidence", take_leaf, seeds.leaves, (BadInput,))
    yield Parser("checker-leaf", "evidence", read_leaf, seeds.leaves, (Damaged,))
    yield Parser("checker-bundle", "evidence", take_bundle, seeds.bundles, (Damaged,))
    yield Parser(
        "export", "evidence", take_export, lambda: tuple(b"x" * n + b"\n" + seeds.bundles()[0] for n in range(3))
    )
    bundle = "tile/entries/000.p/2"
    yield Parser(
        "published-checkpoint",
        "evidence",
        lambda data: take_published({"checkpoint": data}),
        seeds.log_checkpoints,
        (*proof, Damaged),
    )
    yield Parser(
        "published-bundle", "evidence", lambda data: take_published({bundle: data}), seeds.bundles, (*proof, Damaged)
    )
    yield Parser("opening", "evidence", take_opening, seeds.openings, proof)
    yield Parser("other-node", "evidence", take_refusal, seeds.refusals)
    yield Parser("plate", "words", take_plate, seeds.plates, (BadInput, *text))
    yield Parser("time", "words", take_moment, seeds.moments, text)
    yield Parser("instant", "words", take_instant, seeds.instants, (BadInput, *text))
    yield Parser("settings", "words", take_environment, seeds.environments, (SettingRefused, *text))
    yield Parser("request", "words", take_request, seeds.bodies, (BadInput,))


def by_name() -> dict[str, Parser]:
    """Return the table by name."""
    return {parser.name: parser for parser in parsers()}


def planted(data: bytes) -> Any:
    """Read `name=value` pairs with a fault left in, two signs in one pair: the control of every harness."""
    return dict(part.split(b"=") for part in data.split(b"&") if b"=" in part)


PLANTED = Parser("planted", "planted", planted, lambda: (b"plate=7KTN041&at=1", b"a=b"))

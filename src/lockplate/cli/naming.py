"""`lockplate oversight agencies`: what the names in a release are, each with its explanation; needs no node.

What flows in: names; lists and confirmations out of files. What flows out: resolutions.
What it must never see: a node, a key, a network.
"""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from lockplate.agencies.agency import Agency, Outcome, Reading, Resolution
from lockplate.agencies.confirmed import MAX_CONFIRMED_BYTES, parse_confirmed
from lockplate.agencies.listed import MAX_LIST_BYTES, parse_agency_list
from lockplate.agencies.resolving import Resolver
from lockplate.cli.given_files import read_bytes
from lockplate.cli.options import Json
from lockplate.cli.output import print_json, print_lines, told_errors
from lockplate.errors import BadInput

MAX_NAMES_BYTES = 67_108_864


def resolve_agencies(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="As the release writes it.")] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="F", help="A text with one name a line.")] = None,
    confirmed: Annotated[
        Path | None, typer.Option("--confirmed", metavar="F", help="Your own decisions, YAML or CSV; they always win.")
    ] = None,
    lists: Annotated[
        list[Path] | None,
        typer.Option("--list", metavar="F", help="A CSV of agencies: name,alias,kind,state,notes. May be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say which agency each name is, of what kind and where, by which words, and how sure that is."""
    with told_errors(as_json=as_json):
        every = [*(names or ()), *([] if file is None else names_of(read_bytes(file, MAX_NAMES_BYTES)))]
        if not every:
            raise BadInput("no name was given", code="no_name", next_step="Give names, or a file of them with --file.")
        listed = [one for path in lists or () for one in parse_agency_list(read_bytes(path, MAX_LIST_BYTES))]
        decisions = () if confirmed is None else parse_confirmed(read_bytes(confirmed, MAX_CONFIRMED_BYTES))
        resolver = Resolver(listed, decisions)
        found = [resolver.resolve(name) for name in every]
        if as_json:
            print_json({"names": [as_told(one) for one in found], "counts": counts_of(found)})
            return
        for one in found:
            print_lines(lines_of(one))
        counts = counts_of(found)
        told = f"{counts['names']} names: {counts['agencies']} agencies, {counts['ambiguous']} ambiguous"
        print_lines([f"{told}, {counts['unknown']} unknown; {counts['confirmed']} confirmed by a person."])


def names_of(content: bytes) -> list[str]:
    """Return the names of a file, one a line, blank lines left out, or raise BadInput."""
    if len(content) > MAX_NAMES_BYTES:
        raise BadInput(f"the file is larger than {MAX_NAMES_BYTES} bytes", code="too_large")
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise BadInput("the file is not UTF-8", code="bad_encoding", next_step="Save it as UTF-8.") from error
    return [line.strip() for line in lines if line.strip()]


def counts_of(found: list[Resolution]) -> dict[str, int]:
    """Return how many names came out how, and how many agencies they are."""
    outcomes = Counter(one.outcome for one in found)
    return {
        "names": len(found),
        "agencies": len({one.key for one in found if one.outcome is Outcome.ONE}),
        **{outcome.value: outcomes[outcome] for outcome in Outcome},
        "confirmed": sum(one.authority.value == "confirmed" for one in found),
    }


def as_told(one: Resolution) -> dict[str, Any]:
    """Return a resolution as JSON tells it, the one agency beside its readings."""
    told: dict[str, Any] = msgspec.to_builtins(one)
    return told | {"agency": msgspec.to_builtins(one.agency)}


def lines_of(one: Resolution) -> list[str]:
    """Return a resolution as lines for a person: what it is, then each step."""
    lines = [one.name, f"  {one.outcome.value}, {one.sure.value}, by {one.authority.value}; key {one.key}"]
    lines += [
        f"  marker {mark.marker.value}" + (f": “{mark.words}”, {mark.sure.value}" if mark.words else "")
        for mark in one.marks
    ]
    for reading in one.readings:
        lines += _reading_lines(reading)
    return lines + [f"    {step.says}" for step in one.steps]


def _reading_lines(reading: Reading) -> list[str]:
    steps = [(f"“{step.words}” " if step.words else "", step) for step in reading.steps]
    return [f"  {_words(reading.agency)}", *(f"    {words}{step.says} ({step.sure.value})" for words, step in steps)]


def _words(agency: Agency) -> str:
    kind = agency.kind.value.replace("_", " ")
    return f"{agency.title}: {kind}" + (f", {agency.state}" if agency.state else "") + f" [{agency.key}]"

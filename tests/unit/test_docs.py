"""The documents say what the program does: settings, profiles, formats, commands, errors, decisions, links."""

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import typer

from lockplate import errors
from lockplate.cli.main import app
from lockplate.findings import RULES
from lockplate.gate.floor import FLOOR
from lockplate.hotlist import AlertOn, Category, Priority
from lockplate.imports.labels import LAYOUTS, Role
from lockplate.imports.rows import RefusalReason
from lockplate.intake import passages
from lockplate.intake.delivery import Refusal
from lockplate.law.profile import LawProfile
from lockplate.listfiles.layouts import layout_names
from lockplate.listfiles.outcome import Refusal as ListRefusal
from lockplate.lookup.answer import PlateMatch
from lockplate.operations.records import RECORDS
from lockplate.operations.table import OPERATIONS
from lockplate.operations.waiting import WAITING
from lockplate.read import RejectReason
from lockplate.readers.column_map import ColumnMap, load_column_map
from lockplate.readers.formats import FORMATS
from lockplate.released import State, TimeRule
from lockplate.settings import Settings
from lockplate.terms import RecordMode
from lockplate.web.application import API_ROUTES
from lockplate.wiring.policies import shipped_profiles

REPO = Path(__file__).resolve().parents[2]
DOCS = REPO / "docs"
PAGES = sorted([*REPO.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(text: str, columns: int) -> list[list[str]]:
    """Return the cells of every table row of so many columns, heads and rules left out."""
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:1] == "|"]
    return [row for row in cells if len(row) == columns and not set(row[0]) <= {"-", "|", ":"}]


def label(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


# Settings


def shown(value: object) -> str:
    return "none" if value is None or value is msgspec.NODEFAULT else f"`{value}`"


def test_every_setting_stands_in_its_table() -> None:
    """Name and default of each setting, in the program's own order, and no others."""
    listed = [(row[0].strip("`"), row[1]) for row in rows(page("settings.md"), 4) if row[0].startswith("`")]

    assert [(field.name, shown(field.default)) for field in msgspec.structs.fields(Settings)] == listed


# Law


def line_of(profile: LawProfile) -> list[str]:
    """Return a profile's line as the page must have it."""
    rule = profile.retention_rule
    kept = "nothing" if rule is None else f"{rule.limit.days} days from {'capture' if rule.from_capture else 'storage'}"
    most = "nothing" if rule is None else "record" if RecordMode.RECORD in profile.record_modes else "index only"
    shares = (profile.share_in_state, profile.share_out_of_state, profile.share_federal, profile.share_private)
    verified = str(profile.verified_on or "no")
    return [f"`{profile.id}`", profile.title, kept, most, " / ".join(share.value for share in shares), verified]


def test_every_law_profile_has_its_line() -> None:
    """The table of profiles is what the program reads out of them: the newest version of each."""
    profiles = shipped_profiles()
    newest = [profiles.versions(name)[-1] for name in profiles.ids()]

    assert sorted(line_of(profile) for profile in newest) == sorted(
        row for row in rows(page("profiles.md"), 6) if row[0].startswith("`")
    )
    assert all(
        rule is None or rule.limit == timedelta(days=rule.limit.days)
        for rule in (profile.retention_rule for profile in newest)
    )


# Readers


def test_every_format_has_a_heading() -> None:
    """Each format stands under its own name, and no other does."""
    headings = re.findall(r"^### `([a-z]+)`$", page("readers.md"), re.MULTILINE)

    assert sorted(known.name for known in FORMATS) == sorted(headings)


def test_every_refusal_has_its_meaning() -> None:
    """Each word that counts a read which is not kept stands on the page of a read's life."""
    text = page("life-of-a-read.md")

    assert [] == [word.value for word in (*Refusal, *RejectReason) if f"`{word.value}`" not in text]


def test_every_layout_of_hot_lists_and_every_refusal_of_a_line_is_explained() -> None:
    """Whoever imports a list finds what its layout is read for, and what a word in the report means."""
    text = (DOCS / "hot-lists.md").read_text(encoding="utf-8")
    words = [*(word.value for word in ListRefusal), *layout_names(), *Category, *AlertOn, *Priority]
    assert [] == [word for word in words if f"`{word}`" not in text and f" {word}" not in text]


def test_every_way_to_match_has_its_meaning() -> None:
    """Each word for how a read agrees with the plate asked for stands on the page of a question's life."""
    listed = [row[0].strip("`") for row in rows(page("life-of-a-question.md"), 2)]

    assert ["match", *(match.value for match in PlateMatch)] == listed


def test_the_rules_of_passages_are_those_of_the_decision() -> None:
    """The seconds and counts in decision 0006 are the program's."""
    values = [row[1] for row in rows(page("decisions/0006-passages.md"), 2)]
    numbers = [int(found.replace(",", "")) for value in values for found in re.findall(r"^[\d,]+", value)]

    assert [
        passages.VENDOR_ID_SECONDS, passages.GAP_SECONDS, passages.PARKED_AFTER_SECONDS, passages.PARKED_GAP_SECONDS,
        passages.KEPT_SECONDS, passages.MAX_PASSAGES,
    ] == numbers  # fmt: skip


@pytest.mark.parametrize("path", sorted((DOCS / "maps").glob("*.yaml")), ids=label)
def test_a_map_that_ships_loads(path: Path) -> None:
    """Each map is one that `ingest --map` takes, and the page names it."""
    loaded = load_column_map(path.read_text(encoding="utf-8"))

    assert {loaded.plate.column, loaded.captured_at.column} <= set(loaded.columns())
    assert f"(maps/{path.name})" in page("mapped-files.md")


def test_every_key_of_a_map_is_explained() -> None:
    """The table of keys holds every field of a map."""
    explained = " ".join(row[0] for row in rows(page("mapped-files.md"), 3))

    assert [] == [field.name for field in msgspec.structs.fields(ColumnMap) if f"`{field.name}`" not in explained]


# HTTP


def test_every_command_is_on_the_page_of_routes() -> None:
    """Each operation has its line, with its path and its own sentence, and no line is without an operation."""
    listed = {row[0].strip("`"): (row[1], row[3]) for row in rows(page("http.md"), 4) if row[0].startswith("`")}
    on_pages = {operation.name: operation for operation in (*WAITING, *RECORDS) if operation.name not in OPERATIONS}

    assert {*OPERATIONS, *on_pages} == set(listed)
    for name, operation in {**OPERATIONS, **on_pages}.items():
        path, says = listed[name]
        assert (f"`/v1/{name.replace('.', '/')}`" in path) == (name in OPERATIONS), name
        assert operation.says == says, name


def test_every_route_of_programs_is_on_the_page() -> None:
    """Each path that the server serves beside its pages stands there."""
    text = page("http.md")
    paths = {path for handler in API_ROUTES for path in handler.paths} - {"/v1/{path:path}"}  # type: ignore[union-attr]
    shown = {"{operator:str}": "OPERATOR", "{path:path}": "…", "{index:int}": "INDEX"}
    wanted = {re.sub(r"\{.*?\}", lambda found: shown[found[0]], path) for path in paths | {"/v1/reads"}}

    assert [] == sorted(path for path in wanted if f"{path}`" not in text)
    assert {"/v1/questions", "/log", "/metrics", "/health"} < paths


def test_every_status_of_our_errors_is_on_the_page() -> None:
    """Each HTTP status that an error of ours carries is explained."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "http_status")]
    listed = {int(row[0]) for row in rows(page("http.md"), 2) if row[0].isdigit()}

    assert set() == {kind.http_status for kind in kinds} - listed


# Commands


COMMANDS = typer.main.get_command(app)
WRITTEN = re.compile(r"(?:^|`|[$(] )(?:\.venv/bin/)?lockplate (?!--)([a-z]+)(?: ([a-z][a-z-]*))?", re.MULTILINE)


def unknown(first: str, second: str) -> bool:
    """Say whether a command that a page writes does not exist."""
    known = getattr(COMMANDS, "commands", {})
    inner = getattr(known.get(first), "commands", None)
    return first not in known or (inner is not None and second not in {*inner, ""})


@pytest.mark.parametrize("path", PAGES, ids=label)
def test_every_command_that_a_page_writes_exists(path: Path) -> None:
    """Whoever copies a command from a page finds it in the program."""
    written = set(WRITTEN.findall(path.read_text(encoding="utf-8")))

    assert [] == sorted(f"{first} {second}" for first, second in written if unknown(first, second))


# Decisions and links


def test_every_decision_is_in_the_index_and_has_its_parts() -> None:
    """Numbers run without a gap; each page says context, decision and consequences, and the index names it as it does."""
    paths = sorted((DOCS / "decisions").glob("*.md"))
    index = page("README.md")

    assert [f"{number:04d}" for number in range(1, len(paths) + 1)] == [path.name[:4] for path in paths]
    for path in paths:
        text = path.read_text(encoding="utf-8")
        number, title = re.match(r"# (\d{4}): (.+)\n", text).groups()  # type: ignore[union-attr]
        assert path.name.startswith(number)
        assert f"- [{number}](decisions/{path.name}): {title}\n" in index
        for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
            assert part in text, label(path)


@pytest.mark.parametrize("path", PAGES, ids=label)
def test_every_link_leads_somewhere(path: Path) -> None:
    """A relative link names a file that is there."""
    found = LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8")))
    targets = [one or other for one, other in found]
    relative = [target.split("#")[0] for target in targets if "://" not in target]

    assert [] == [target for target in relative if target and not (path.parent / target).exists()]


def test_every_page_is_in_the_index() -> None:
    """Nobody has to guess that a page exists."""
    index = page("README.md")
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"README.md"}

    assert [] == sorted(name for name in pages if f"]({name})" not in index)


@pytest.mark.parametrize("path", PAGES, ids=label)
def test_policies_that_a_page_names_exist(path: Path) -> None:
    """An id of the floor that stands in a text is one of the floor's."""
    written = set(re.findall(r"\bfloor-[a-z-]+[a-z]\b", path.read_text(encoding="utf-8")))

    assert set() == written - FLOOR


def test_pictures_are_small() -> None:
    """A picture in the documents weighs less than 300 kB."""
    assert {} == {label(path): path.stat().st_size for path in DOCS.glob("*.png") if path.stat().st_size >= 300_000}


def test_the_checks_would_see() -> None:
    """Links, rows and commands are found where they are, and a command that does not exist is one."""
    links = LINK.findall("[a](b.md) ![c](d.png) [e](https://f.invalid/)")

    assert ["b.md", "d.png", "https://f.invalid/"] == [one or other for one, other in links]
    assert [["x", "y"]] == rows("| x | y |\n|---|---|\n", 2)
    assert [("init", ""), ("grant", "list")] == WRITTEN.findall("$ lockplate init --x\n`lockplate grant list`")
    assert unknown("grant", "everything")
    assert unknown("oversee", "")
    assert not unknown("grant", "list")


def test_every_rule_of_the_findings_is_on_its_page() -> None:
    """The table of rules is the program's: each rule, and how sure it is."""
    words = {"certain": "certain", "likely": "likely", "hint": "a hint"}
    told = {row[0].strip("`"): row[2] for row in rows(page("findings.md"), 3) if row[0].startswith("`")}
    assert {name: words[rule.sure.value] for name, rule in RULES.items()} == told


def test_every_word_of_the_import_is_on_its_page() -> None:
    """Roles of a plan, reasons of refusal, states, rules of times and layouts stand on the page."""
    text = page("oversight-import.md")
    words = [*Role, *RefusalReason, *State, *(rule for rule in TimeRule if rule is not TimeRule.NONE)]
    assert [] == [word.value for word in words if f"`{word.value}`" not in text]
    assert [] == sorted({layout.name for layout in LAYOUTS if f"`{layout.name}`" not in text})

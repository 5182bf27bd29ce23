"""The page about names says what the program does: outcomes, markers, paths, and an example that loads."""

import re
from pathlib import Path

from lockplate.agencies.agency import Marker, Outcome
from lockplate.agencies.confirmed import COLUMNS, parse_confirmed
from lockplate.agencies.listed import COLUMNS as LIST_COLUMNS
from lockplate.agencies.resolving import Resolver
from lockplate.sharing_graph.reach import SURE
from lockplate.sharing_graph.statement import How
from lockplate.terms import AgencyKind, Sureness

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "oversight-agencies.md").read_text(encoding="utf-8")
WORDS = {"certain": Sureness.CERTAIN, "likely": Sureness.LIKELY, "a hint": Sureness.HINT}


def test_every_word_that_comes_out_is_explained() -> None:
    """Outcomes, markers, sureness, kinds of rows, kinds of agencies, columns and fields stand on the page."""
    words = [*Outcome, *Marker, *Sureness, *How, *COLUMNS, *LIST_COLUMNS]

    assert [] == [word for word in words if f"`{word}`" not in PAGE]
    assert [] == [kind.value for kind in AgencyKind if kind.value not in PAGE]


def test_the_table_of_paths_is_the_programs() -> None:
    """Each kind of path, and how sure it is."""
    rows = re.findall(r"^\| `([a-z]+)` \| [^|]+ \| ([a-z ]+) \|$", PAGE, re.MULTILINE)

    assert {means.value: sure for means, sure in SURE.items()} == {name: WORDS[sure] for name, sure in rows}


def test_the_example_of_decisions_loads_and_decides() -> None:
    """What somebody copies from the page is taken, and does what the page says."""
    (example,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    resolver = Resolver((), parse_confirmed(example.encode()))

    assert ["ca:lamesa:police", "own:hillstreetinvestigations", "own:pinecountyjail"] == [
        resolver.resolve(name).key for name in ("La Mesa PD", "HSI", "pine-il-so-jail")
    ]

"""T4: a hold that lacks what the law wants is refused, with the policies, on record.

One Montana for the whole module: nothing that is refused changes it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from law_node import HOME, PLATE, LawNode, law_node
from lockplate.clock import format_time
from lockplate.errors import Denied
from lockplate.law.words import HoldKind
from lockplate.operations.holds import HoldLine, OpenHold
from lockplate.registry.holds import HoldState
from lockplate.terms import Verdict

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
CASE = "26-0815"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def montana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LawNode]:
    """90 days from capture; holds on a sworn request that names camera, plate and dates, or under a warrant."""
    with law_node(tmp_path_factory.mktemp("montana"), "us-mt", NOON, "MT") as place:
        assert 1 == place.ingest((PLATE, NOON - timedelta(minutes=30), "north")).imported
        yield place


def hold(place: LawNode, person: str = "olga", **more: Any) -> HoldLine:
    """Open a hold for the plate over the last hour; what is given goes before."""
    values: dict[str, Any] = {
        "kind": HoldKind.CASE,
        "plate": PLATE,
        "window_from": format_time(more.pop("start", place.now - timedelta(hours=1))),
        "window_to": format_time(more.pop("end", place.now)),
        "case_number": CASE,
    }
    made: HoldLine = place.run("hold.open", OpenHold(**(values | more)), person)
    return made


def until(place: LawNode, days: int) -> str:
    return format_time(place.now + days * DAY)


@pytest.mark.parametrize(
    ("lacking", "ids"),
    [
        ({"sworn": False}, ("hold-needs-missing",)),
        ({"facts": ""}, ("hold-needs-missing",)),
        ({"plate": ""}, ("floor-hold-needs", "hold-needs-missing")),
        ({"plate": "???"}, ("floor-hold-needs", "hold-needs-missing")),
        ({"readers": None}, ("hold-needs-missing",)),
        ({"window_from": ""}, ("floor-hold-needs", "hold-needs-missing")),
        ({"case_number": " "}, ("floor-hold-needs",)),
        ({"plate": "KTN041?"}, ("hold-bulk",)),
        ({"kind": HoldKind.CASE}, ("hold-kind-not-in-profile",)),
        ({"kind": HoldKind.WARRANT}, ("hold-paper-missing",)),
        ({"until": ""}, ("hold-without-end",)),
        ({"until": format_time(NOON + 366 * DAY)}, ("hold-too-long",)),
        ({"window_to": format_time(NOON + DAY)}, ("hold-window-to-come",)),
    ],
)
def test_t4_a_request_that_lacks_something_is_refused(
    montana: LawNode, lacking: dict[str, Any], ids: tuple[str, ...]
) -> None:
    """MT: no sworn facts, or no plate: refused with the policies, on record, and nothing is written down."""
    before = montana.node.registries.holds.list_all(HOME)
    paper: dict[str, Any] = {
        "kind": HoldKind.PRESERVATION_REQUEST, "facts": "seen leaving the yard", "sworn": True,
        "readers": ("north",), "until": until(montana, 365),
    }  # fmt: skip
    with pytest.raises(Denied) as caught:
        hold(montana, **(paper | lacking))

    assert ids == tuple(reason.policy_id for reason in caught.value.reasons)
    assert all(reason.cite and reason.says for reason in caught.value.reasons)
    index, record = next(reversed(list(enumerate(montana.records()))))
    assert "refused" == record.facts["step"]
    assert (Verdict.DENIED, ids) == (record.verdict, record.policy_ids)
    private = montana.node.desk(HOME).recorder.details_of(index).values
    assert lacking.get("plate", PLATE) == private.get("plate", "")
    assert before == montana.node.registries.holds.list_all(HOME)
    assert HoldState.OPEN is hold(montana, **paper).hold.state


def test_t4_the_refusal_names_the_section(montana: LawNode) -> None:
    """What is missing, in words, and where the law in force says that it is needed."""
    with pytest.raises(Denied) as caught:
        hold(montana, kind=HoldKind.PRESERVATION_REQUEST, readers=None, until=until(montana, 9), facts="seen there")
    (reason,) = caught.value.reasons
    assert reason.cite.startswith("us-mt: Mont. Code 46-5-117")
    assert reason.says.endswith("Missing: camera, sworn.")

"""Documents: the policy says what is in force and what is missing; each number of a report is counted from the log."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Denied, NotFound
from lockplate.operations.asking import Ask
from lockplate.operations.documents import ReportOf, State, count_operator, templates
from lockplate.operations.local_law import AdoptLaw
from lockplate.operations.operators import OperatorName
from lockplate.registry.statements import StatementName
from lockplate.reporting.policy_document import Element
from lockplate.terms import Action, Basis, Offense, OperatorId, Purpose

START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
PINE, RIDGE = OperatorId("pine-county"), OperatorId("ridge-county")


@pytest.fixture
def county(make_county: Callable[[Path, SetClock], AbstractContextManager[Any]], tmp_path: Path) -> Iterator[Any]:
    """A county of one's own: these tests move its clock."""
    with make_county(tmp_path / "home", SetClock(START)) as opened:
        yield opened


def reads(county: Any, folder: Path, number: int, operator: OperatorId = PINE, reader: str = "r-1") -> None:
    at = county.clock.now() - timedelta(minutes=number % 50)
    county.ingest(folder, [(f"KTN{count:04}", at, reader) for count in range(number)], operator)


def report(
    county: Any, profile: str, operator: OperatorId = PINE, first: str = "2026-11-01", end: str = "2026-12-01"
) -> Any:
    county.node.publish()
    wanted = ReportOf(operator=operator, profile=profile, first=first, end=end)
    made = county.run("document.report", wanted, there=True)
    return made, {line.id: line for line in made.lines}


def question(purpose: Purpose, operator: str = "pine-county", person_agency: str = "own") -> Ask:
    return Ask(
        plate="KTN0417", operators=(operator,), window_from=(START - timedelta(hours=1)).isoformat(),
        window_to=START.isoformat(), purpose=purpose, offense=Offense.FELONY, basis=Basis.PROBABLE_CAUSE,
        on_behalf_of=person_agency, case_number="26-0815",
    )  # fmt: skip


def test_californias_policy_has_seven_elements_and_says_what_is_missing(county: Any) -> None:
    """All seven of 1798.90.51(b)(2); what only a person can say is missing until somebody says it, on record."""
    page = county.run("document.policy", OperatorName(operator=PINE), there=True)
    assert list(Element) == [section.element for section in page.document.sections]
    assert all(section.required and "1798.90.51" in section.cite for section in page.document.sections)
    assert set(StatementName) - {StatementName.CONTACT} <= set(page.document.missing) | {StatementName.CONTACT}
    for name in StatementName:
        county.run(
            "document.state", State(name=name, text=f"The {name.value} of Pine", operator=PINE), "ada", there=True
        )

    page = county.run("document.policy", OperatorName(operator=PINE), there=True)

    assert () == page.document.missing
    words = " ".join(text for section in page.document.sections for text in section.paragraphs)
    for expected in ("at most 30 days from when it came into our keeping", "Never answered, whoever asks: immigration",
                     "The custodian_title of Pine", "No grant is in force", "agencies of other states: not allowed", "administrator (2)"):  # fmt: skip
        assert expected in words, expected
    changed = [one for one in county.records() if one.facts.get("change") == "stated"]
    assert len(StatementName) == len(changed)
    assert "of Pine" not in str(changed)


def test_one_missing_statement_is_said_where_it_is_missing(county: Any) -> None:
    """Everything but the training is stated: the policy names that one, in its own section, and is not complete."""
    for name in set(StatementName) - {StatementName.TRAINING}:
        county.run("document.state", State(name=name, text=f"The {name.value}", operator=PINE), "ada", there=True)
    document = county.run("document.policy", OperatorName(operator=PINE), there=True).document
    assert ((StatementName.TRAINING,), False) == (document.missing, document.is_complete)
    assert [Element.TITLES_AND_TRAINING] == [section.element for section in document.sections if section.missing]
    county.run("document.state", State(name=StatementName.TRAINING, text="Yearly", operator=PINE), "ada", there=True)
    assert county.run("document.policy", OperatorName(operator=PINE), there=True).document.is_complete


def test_what_a_law_wants_and_the_program_cannot_write_is_said(county: Any) -> None:
    """An ordinance that asks for an element of its own: the policy is not complete until a person adds it."""
    cited = {"value": ["purposes", "impact_report"], "cite": "Pine Mun. Code 9.12.030", "mark": "found"}
    header = {"id": "pine-code", "kind": "ordinance", "cite": "Pine Mun. Code 9.12", "effective_from": "2026-01-01"}
    text = yaml.safe_dump({"local": header, "publish": {"policy_elements": [cited]}})
    county.run("law.adopt", AdoptLaw(operator=PINE, content=text), "ada", there=True)
    document = county.run("document.policy", OperatorName(operator=PINE), there=True).document
    assert (("impact_report",), False) == (document.beyond, document.is_complete)
    (purposes,) = [one for one in document.sections if one.element is Element.PURPOSES]
    assert "Pine Mun. Code 9.12.030" in purposes.cite
    assert "1798.90.51" in purposes.cite


def test_where_a_law_states_no_length_the_policy_says_whose_it_is(county: Any) -> None:
    """California states no number: the policy says so; Virginia's 21 days are the law's own."""
    texts = {
        operator: " ".join(county.run("document.policy", OperatorName(operator=operator), there=True).document.sections[-1].paragraphs)
        for operator in (PINE, RIDGE)
    }  # fmt: skip
    assert "states no number (Cal. Civ. Code 1798.90.51(b)(2)(G)" in texts[PINE]
    assert "decided by" not in texts[PINE]
    assert "The length is decided by law us-va: 21 days" in texts[RIDGE]


def test_who_may_state_is_the_gates_to_say(county: Any) -> None:
    """An officer may not; an empty statement is none."""
    with pytest.raises(Denied):
        county.run("document.state", State(name=StatementName.TRAINING, text="x", operator=PINE), "olga", there=True)
    with pytest.raises(BadInput):
        county.run("document.state", State(name=StatementName.TRAINING, text=" ", operator=PINE), "ada", there=True)


def test_a_statement_is_printed_and_never_read_as_a_pattern(county: Any) -> None:
    """Braces in what somebody wrote stand there as written."""
    odd = "The {chief} of {policy_set_hash} <script>"
    county.run("document.state", State(name=StatementName.CUSTODIAN_TITLE, text=odd, operator=PINE), "ada", there=True)
    page = county.run("document.policy", OperatorName(operator=PINE), there=True)
    assert odd in " ".join(text for section in page.document.sections for text in section.paragraphs)


def test_a_day_becomes_one_record_when_it_is_over(county: Any, tmp_path: Path) -> None:
    """Not before midnight UTC, once, with totals in the open and readers sealed beside them."""
    reads(county, tmp_path, 12)
    reads(county, tmp_path, 3, reader="r-2")
    assert () == count_operator(county.node, PINE)
    county.clock.advance(timedelta(days=1))
    (leaf,) = count_operator(county.node, PINE)
    assert () == count_operator(county.node, PINE)
    record = county.records()[leaf]
    assert (Action.DAY_COUNTED, {"day": "2026-11-02"}) == (record.action, record.facts)
    assert {"reads": 15, "kept": 15, "readers": 2} == record.counts
    details = county.node.desk(PINE).recorder.details_of(leaf).values
    assert '"r-2":{"kept":3,"reads":3}' in details["readers"]


def test_a_quiet_day_is_told_as_that(county: Any, tmp_path: Path) -> None:
    """Fewer than ten reads: a number would say that somebody passed, so the record says fewer than ten."""
    reads(county, tmp_path, 9)
    county.clock.advance(timedelta(days=1))
    (leaf,) = count_operator(county.node, PINE)
    assert ({"day": "2026-11-02", "fewer_than": "10"}, {}) == (
        county.records()[leaf].facts,
        county.records()[leaf].counts,
    )


def test_minnesotas_numbers_are_those_of_the_log(county: Any, tmp_path: Path) -> None:
    """Reads by day, questions by purpose, denials by rule; with the query, and under a signed checkpoint."""
    reads(county, tmp_path, 20)
    county.run("lookup", question(Purpose.FELONY_INVESTIGATION), "olga", there=True)
    county.run("lookup", question(Purpose.STOLEN_VEHICLE), "olga", there=True)
    county.run("lookup", question(Purpose.IMMIGRATION), "olga", there=True)
    county.clock.advance(timedelta(days=1))
    count_operator(county.node, PINE)

    made, lines = report(county, "us-mn")

    assert (20, 1) == (lines["plates"].total, lines["days"].total)
    assert ({"felony_investigation": 1, "stolen_vehicle": 1}, 2) == (lines["queries"].by, lines["queries"].total)
    assert "floor-purpose-immigration" in lines["denied"].by
    assert (None, "from the duty plan") == (lines["times_active"].total, lines["times_active"].person)
    assert "sum of reads where action is count:day" == lines["plates"].query_words
    assert (county.size(), date(2026, 11, 2)) == (made.log.size, made.counted_through)
    assert not made.verified
    empty = report(county, "us-mn", first="2026-10-01", end="2026-11-01")[1]
    assert (0, 0) == (empty["plates"].total, empty["queries"].total)


@pytest.mark.parametrize("profile", ["us-ar", "us-mn", "us-nc", "us-ne", "us-nh", "us-va"])
def test_every_report_can_be_made(county: Any, profile: str) -> None:
    """The six that the facts name: each line has a number, a register, or a person's name on it, and none is a bare zero."""
    made, lines = report(county, profile)
    assert profile == made.profile
    for line in lines.values():
        assert (line.recount is not None) + (line.person is not None) + bool(line.words) <= 1
        assert (line.recount is None) == (line.query_words == "")
        assert line.recount is None or (line.total is None) == line.recount.query.sealed
    assert profile in {one.profile for one in county.run("document.list", OperatorName(), there=True)}


def test_the_newest_span_is_the_default(county: Any) -> None:
    """A month, half a year or a year that is over, in the operator's zone."""
    county.node.publish()
    spans = {
        profile: county.run("document.report", ReportOf(operator=PINE, profile=profile), there=True).span
        for profile in ("us-mn", "us-ar", "us-va")
    }
    assert (date(2026, 10, 1), date(2026, 11, 1)) == (spans["us-mn"].first, spans["us-mn"].end)
    assert (date(2026, 1, 1), date(2026, 7, 1)) == (spans["us-ar"].first, spans["us-ar"].end)
    assert (date(2025, 1, 1), date(2026, 1, 1)) == (spans["us-va"].first, spans["us-va"].end)


def test_a_report_that_is_none_says_so(county: Any) -> None:
    """An unknown law, days in the wrong order, no days: refused with the next step."""
    with pytest.raises(NotFound):
        report(county, "us-ca")
    for first, end in (("2026-12-01", "2026-11-01"), ("x", "y"), ("2026-11-01", "")):
        with pytest.raises(BadInput):
            report(county, "us-mn", first=first, end=end)


def test_the_templates_name_laws_that_ship(county: Any) -> None:
    """Each template is of a profile, and cites it."""
    for name in templates().ids():
        assert name in county.node.profiles.ids()
        assert templates().get(name).cite

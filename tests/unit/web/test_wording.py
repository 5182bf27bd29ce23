"""Values as words."""

import pytest

from lockplate.alerting.comparing import MATCHED_SAYS, REGION_SAYS, RegionStand
from lockplate.hotlist import Category, MatchKind, Priority
from lockplate.registry.confirmations import Compared, SourceCheck
from lockplate.registry.hit_outcomes import HitOutcome
from lockplate.registry.hits import HitState
from lockplate.shared_question import SharedResult
from lockplate.terms import Action, Basis, Offense, Purpose, RecordMode, Verdict
from lockplate.vehicle_kinds import PartStand
from lockplate.web.pages import alert_lines
from lockplate.web.pages.wording import came_of_it, who, words


@pytest.mark.parametrize(
    "value", [*Action, *Basis, *Category, *HitState, *Offense, *Priority, *Purpose, *RecordMode, *Verdict]
)
def test_every_value_reads_as_words(value: str) -> None:
    """No page shows an identifier for a word."""
    told = words(value)

    assert told[:1].isupper()
    assert not set("_:") & set(told.replace("Nothing: ", "").replace("only: ", ""))


def test_nobody_and_the_system_are_words() -> None:
    """Ids that stand for no person are not shown as if they were one."""
    assert ["nobody, a failed try", "the node's own system user", "officer.lind"] == [
        who("-nobody"),
        who("-system"),
        who("officer.lind"),
    ]


@pytest.mark.parametrize("value", SharedResult)
def test_what_a_question_elsewhere_came_to_reads_as_words(value: str) -> None:
    """Each result has its sentence; a word of another version stays what it is."""
    told = came_of_it(value)

    assert told[:1].isupper()
    assert " " in told
    assert "_" not in told
    assert "perhaps" == came_of_it("perhaps")


def test_every_value_of_an_alert_has_its_words() -> None:
    """How it matched, regions, answers, findings, outcomes: a page never meets a value that it has no words for."""
    assert set(MatchKind) == set(MATCHED_SAYS) == set(alert_lines.MATCHED_SHORT)
    assert set(RegionStand) == set(REGION_SAYS) == set(alert_lines.REGION_SHORT)
    assert set(SourceCheck) == set(alert_lines.SOURCE_SAYS) == set(alert_lines.SOURCE_SAID)
    assert set(HitState) - {HitState.UNCONFIRMED} == set(alert_lines.FINDING_SAYS)
    assert set(HitOutcome) == set(alert_lines.OUTCOME_SAYS)
    assert set(Compared) == set(alert_lines.NEEDS_SAYS)
    assert set(PartStand) == set(alert_lines.PART_STAND_SAYS)

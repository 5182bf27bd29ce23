"""Values as words."""

import pytest

from lockplate.shared_question import SharedResult
from lockplate.terms import Action, Basis, Offense, Purpose, RecordMode, Verdict
from lockplate.web.pages.wording import came_of_it, who, words


@pytest.mark.parametrize("value", [*Action, *Basis, *Offense, *Purpose, *RecordMode, *Verdict])
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

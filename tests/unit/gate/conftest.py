"""What the gate's tests share: the shipped policies, a gate over them, and the shipped cases."""

from pathlib import Path

import pytest

import lockplate
from lockplate.clock import SetClock
from lockplate.gate.cases import Case, load_cases
from lockplate.gate.decision import Gate
from lockplate.gate.policy_set import PolicySet, load_policy_set
from lockplate.gate.question import Question
from lockplate.gate.suggestive import SuggestiveWords, load_suggestive_words


@pytest.fixture(scope="session")
def policy_folder() -> Path:
    return Path(lockplate.__file__).parent / "policy"


@pytest.fixture(scope="session")
def policies(policy_folder: Path) -> PolicySet:
    schema, floor, permits, law = (policy_folder / name for name in ("schema.cedarschema", "floor", "permits", "law"))
    return load_policy_set(schema, floor, permits, law)


@pytest.fixture(scope="session")
def words(policy_folder: Path) -> SuggestiveWords:
    return load_suggestive_words(policy_folder / "suggestive-words.yaml")


@pytest.fixture(scope="session")
def cases(policy_folder: Path) -> dict[str, Case]:
    return load_cases(policy_folder / "cases")


@pytest.fixture(scope="session")
def question(cases: dict[str, Case]) -> Question:
    """The plainest question that is answered."""
    found = cases["ALLOW/own-agency"].question
    assert found is not None
    return found


@pytest.fixture
def clock(question: Question) -> SetClock:
    return SetClock(question.now)


@pytest.fixture
def gate(policies: PolicySet, words: SuggestiveWords, clock: SetClock) -> Gate:
    return Gate(policies, words, clock)

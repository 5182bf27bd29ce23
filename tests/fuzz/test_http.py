"""Schemathesis on the OpenAPI document of a served node: whoever calls, whatever they send, nothing breaks.

Every answer has a status that the document names, and the shape that it gives for that status. LOCKPLATE_FUZZ_EXAMPLES
says how many requests each operation gets from each caller, half of them against its own schema; `make fuzz` sends more
than `make test`.
"""

import os
import random
from collections import Counter

import fuzz_callers
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

EXAMPLES = int(os.environ.get("LOCKPLATE_FUZZ_EXAMPLES", "4"))
CALLERS = fuzz_callers.CALLERS if EXAMPLES > 4 else ("nobody", "officer", "administrator", "system user", "reader")
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]
LEAST = {"nobody": 4, "reader": 1}
"""Answers 200 that a caller gets at least, 15 for those who sign in: a run that is stopped at the door would find nothing."""


def document(town):
    """Return the document as it is served; credentials come from the caller, so none are made up."""
    generation = GenerationConfig(with_security_parameters=False)
    config = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=generation)))
    return schemathesis.openapi.from_url(f"{town.server.url}/v1/openapi.json", config=config)


@pytest.mark.parametrize("caller", CALLERS)
def test_whatever_they_send(town, caller):
    """No 5xx, no status that is not documented, no shape that is not documented; from nobody up to the system user."""
    operations = [one.ok() for one in document(town).get_all_operations()]
    # an answer without an end: tests/journeys/test_alert_stream.py asks for it with what it may not be asked
    operations = [one for one in operations if one.path != "/v1/alerts/stream"]
    if caller == "reader":
        operations = [one for one in operations if "reads" in one.tags]
    heard: Counter[int] = Counter()
    wrong = []
    for operation in operations:
        for mode in MODES if operation.body else MODES[:1]:  # in a path or a query, every text is a text
            try:
                send_some(town, caller, operation, mode, heard)
            except (AssertionError, BaseExceptionGroup) as error:
                wrong.append(f"{operation.label}: {getattr(error, 'exceptions', error)}")
    print(f"{caller}: {len(operations)} operations, {heard.total()} requests, answers {dict(sorted(heard.items()))}")
    assert [] == wrong
    assert heard[200] >= LEAST.get(caller, 15)
    assert [] == [status for status in heard if status >= 500]


def send_some(town, caller, operation, mode, heard):
    """Send an operation half of EXAMPLES, fitting its schema or against it."""

    @settings(
        max_examples=max(1, EXAMPLES // 2), deadline=None, derandomize=True, database=None, suppress_health_check=SLOW,
        phases=[Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), seed=st.integers(0, 2**32))
    def send(case, seed):
        chance = random.Random(seed)
        case.path_parameters = town.fill(case.path_parameters, chance)
        if isinstance(case.body, dict):
            case.body = town.fill(case.body, chance)
        answer = case.call(headers=town.headers[caller], timeout=60)
        heard[answer.status_code] += 1
        town.learn(answer)
        case.validate_response(answer, checks=CHECKS)

    send()

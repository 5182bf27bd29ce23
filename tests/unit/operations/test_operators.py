"""Operators: what anyone may know of them."""

from typing import Any

import pytest

from lockplate.errors import BadInput, NotFound
from lockplate.operations.operators import AllOperators, OperatorName
from lockplate.terms import RecordMode


def test_the_list_says_law_and_limit(county: Any) -> None:
    """Each operator with its profile, what it keeps and for how long; no sign-in needed."""
    told = county.run("operator.list", AllOperators(), there=True)

    assert [
        ("pine-county", "us-ca", RecordMode.RECORD, 30.0),
        ("ridge-county", "us-va", RecordMode.RECORD, 21.0),
    ] == [(one.operator, one.profile, one.keeps, one.retention_days) for one in told]


def test_the_page_has_the_key_that_checks_the_log(county: Any) -> None:
    """The key is the publisher's own, the profile's hash the profile's own."""
    told = county.run("operator.show", OperatorName(operator="ridge-county"), there=True)

    desk = county.node.desk("ridge-county")
    assert (desk.evidence.publisher.vkey, desk.profile.hash(), "capture", "lockplate/ridge-county") == (
        told.log_vkey,
        told.profile_hash,
        told.retention_from,
        told.log_origin,
    )


def test_which_operator_must_be_clear(county: Any) -> None:
    """With two, one must be named, and one that exists."""
    with pytest.raises(BadInput):
        county.run("operator.show", OperatorName(), there=True)
    with pytest.raises(NotFound):
        county.run("operator.show", OperatorName(operator="elsewhere"), there=True)

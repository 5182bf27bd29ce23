"""Local laws as they are kept: what an older program took and this one does not is the node's trouble, not a caller's."""

from datetime import UTC, datetime

import pytest

from lockplate.errors import SettingRefused
from lockplate.law.local import LocalKind
from lockplate.registry.local_laws import LocalLaw
from lockplate.terms import OperatorId, PersonId


def test_a_kept_text_that_cannot_be_read_is_no_callers_mistake() -> None:
    """Whoever asks a question is not told to mend an ordinance that somebody adopted years ago."""
    kept = LocalLaw(
        local_law="l", operator=OperatorId("pine"), kind=LocalKind.ORDINANCE, sha256="0" * 64, content="local: [",
        adopted_by=PersonId("ada"), adopted_at=datetime(2026, 1, 1, tzinfo=UTC), ended_at=None,
    )  # fmt: skip
    with pytest.raises(SettingRefused) as refused:
        kept.text()
    assert (500, "node") == (refused.value.http_status, refused.value.fault)

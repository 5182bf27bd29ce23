"""The table of operations: complete, named as the contract names them, and closed."""

import msgspec
import pytest

from lockplate.errors import NotFound
from lockplate.operations.table import OPERATIONS, operation

CONTRACT = {
    "lookup", "ingest", "log.checkpoint", "log.prove", "log.export",
    "hotlist.add", "hotlist.import", "hotlist.list", "hotlist.expire",
    "hits.list", "hits.show", "hits.confirm", "hits.outcome",
    "grant.propose", "grant.approve", "grant.list", "grant.revoke", "grant.register",
    "retention.run",
    "law.list", "law.show", "law.check", "law.compare",
    "agency.add", "agency.list", "operator.list", "operator.show",
    "user.add", "user.list", "user.roles", "user.deactivate", "user.password", "user.release",
    "reader.add", "reader.list", "reader.key", "reader.deactivate",
}  # fmt: skip


def test_every_command_of_the_contract_is_there() -> None:
    """Both faces offer the same commands by the same names."""
    assert set() == CONTRACT - set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_says_what_it_does_and_takes_no_unknown_field(name: str) -> None:
    """A request with a field that nobody knows is refused: a misspelt `dry_run` must not become a run."""
    one = operation(name)

    assert name == one.name
    assert one.says.endswith(".")
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"no_such_field": 1}, one.request)


def test_what_is_not_listed_is_not_found() -> None:
    """The table is closed."""
    with pytest.raises(NotFound):
        operation("grant.everybody")

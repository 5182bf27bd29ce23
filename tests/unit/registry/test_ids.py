"""Ids: what may be one."""

import pytest

from lockplate.errors import BadInput
from lockplate.registry.ids import new_id, require_login, require_slug, require_zone


@pytest.mark.parametrize("text", ["pine-county", "a", "0", "x" * 40])
def test_slugs(text: str) -> None:
    """Lower-case letters, digits and hyphens, 1 to 40."""
    assert text == require_slug(text)


@pytest.mark.parametrize("text", ["", "Pine", "a b", "x" * 41, "../etc", "a\n", "ä", "a_b", "٣"])
def test_what_is_no_slug(text: str) -> None:
    """Anything that could mean something in a path, an address or a log origin is refused."""
    with pytest.raises(BadInput):
        require_slug(text)


@pytest.mark.parametrize("text", ["r.okafor", "r@example.org", "7"])
def test_logins(text: str) -> None:
    """People may be named as their agency names them."""
    assert text == require_login(text)


@pytest.mark.parametrize("text", ["", ".x", "R", "a b", "a/b", "x" * 65, "a\n"])
def test_what_is_no_login(text: str) -> None:
    """White space, slashes and capitals are refused."""
    with pytest.raises(BadInput):
        require_login(text)


@pytest.mark.parametrize("text", ["", "Nowhere/Town", "/etc/localtime", "../UTC", "America"])
def test_what_is_no_zone(text: str) -> None:
    """Only an IANA name is a zone; a path is not."""
    with pytest.raises(BadInput):
        require_zone(text)


def test_zone() -> None:
    """An IANA name is returned as it is."""
    assert "America/Los_Angeles" == require_zone("America/Los_Angeles")


def test_new_ids_differ() -> None:
    """A thousand ids are a thousand ids, and say of what they are."""
    ids = {new_id("h") for _ in range(1000)}
    assert 1000 == len(ids)
    assert {"h"} == {one[0] for one in ids}

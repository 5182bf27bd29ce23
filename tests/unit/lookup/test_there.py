"""Where a question and a password may be sent, and nowhere else."""

import pytest

from lockplate.errors import BadInput
from lockplate.lookup.exchange import SharedAsk
from lockplate.lookup.there import require_url
from lockplate.operations.asking import Ask
from lockplate.operations.elsewhere import Visit


@pytest.mark.parametrize(
    "url", ["https://pine.example", "https://pine.example:8443/lockplate/", "http://127.0.0.1:8420", "http://[::1]:1/", "http://localhost"]
)  # fmt: skip
def test_an_address_to_ask_at(url: str) -> None:
    """TLS, or this machine itself."""
    assert url.rstrip("/") == require_url(url)


@pytest.mark.parametrize(
    "url", ["", "pine.example", "http://pine.example", "http://10.0.0.1", "http://127.0.0.1.example", "ftp://127.0.0.1",
            "https://", "https://me:sesame@pine.example", "https://pine.example/?a=b", "https://pine.example/#a", "http://[", "file:///x"],
)  # fmt: skip
def test_no_address_to_send_a_password_to(url: str) -> None:
    """In the clear over a network, with a password in it, or nowhere: refused, and not repeated in the error."""
    with pytest.raises(BadInput) as refused:
        require_url(url)
    assert "sesame" not in str(refused.value.public())


def test_a_visit_shows_no_password() -> None:
    """Whatever prints it."""
    visit = Visit(url="https://x.example", operator="pine", key="k", sign_in="ann", password="open sesame")
    assert "sesame" not in f"{visit} {visit!r}"


def test_both_ways_of_asking_have_the_same_words() -> None:
    """What one node can ask itself, it can ask another: no element of a question is lost on the way."""
    assert set(Ask.__struct_fields__) | {"request_id", "asked_from", "salt"} == set(SharedAsk.__struct_fields__)

"""Webhooks against a real server: signed, never redirected, bounded in time, and no proxy of the environment."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lockplate.alerting.messages import Message, MessageType, SendFailed
from lockplate.alerting.webhooks import SECRET_PREFIX, WebhookSender, new_signing_secret, sign
from lockplate.registry.channel_targets import Target
from receiving import Webhook, authority, webhook
from running import free_port

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
MESSAGE = Message(delivery="d" + "0" * 20, type=MessageType.ALERT, at=AT, data={"hit_id": "h1"})
SECRET = new_signing_secret()


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as served:
        yield served


def target(url: str, **more: str) -> Target:
    return Target(url=url, signing_secret=SECRET, **more)


def failed(url: str, patience: float = 5.0, **more: str) -> SendFailed:
    with pytest.raises(SendFailed) as told:
        WebhookSender(patience).send(target(url, **more), MESSAGE)
    return told.value


def test_a_signature_is_that_of_the_scheme() -> None:
    """The known answer: openssl's HMAC over id, timestamp and body, with a key that base64 spells so."""
    assert "v1,5+DyR/4QNYMypVTLk0FtKjUFyQ7iSMcXYkUIMpOt5QI=" == sign(
        "YW4gaW52ZW50ZWQga2V5IG9mIHRoaXJ0eS0yIGJ5dGU=", "d00000000000000000001", 1795000000, b'{"type":"test"}'
    )


def test_what_arrives(hook: Webhook) -> None:
    """One POST whose signature holds for the secret and for no other; the id is the delivery's, the time that of the try."""
    assert "http_204" == WebhookSender(5).send(target(hook.url), MESSAGE)
    (came,) = hook.received
    assert (MESSAGE.delivery, str(int(AT.timestamp())), MESSAGE.webhook_body()) == (
        came.id, came.headers["webhook-timestamp"], came.body,
    )  # fmt: skip
    assert came.is_signed_with(SECRET_PREFIX + SECRET)
    assert not came.is_signed_with(SECRET_PREFIX + new_signing_secret())
    assert {"application/json", "lockplate"} == {came.headers["content-type"], came.headers["user-agent"]}


@pytest.mark.parametrize(("status", "gone"), [(400, False), (404, False), (410, True), (500, False), (503, False)])
def test_what_is_no_yes(hook: Webhook, status: int, *, gone: bool) -> None:
    """Only 2xx is; 410 wants no other try; somebody is there all the same."""
    hook.answer = lambda _: (status, {}, 0.0)
    told = failed(hook.url)
    assert (f"http_{status}", gone, False) == (told.code, told.gone, told.is_down)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(hook: Webhook, status: int) -> None:
    """Whoever answers cannot send an alert on to somebody else."""
    with webhook() as elsewhere:
        hook.answer = lambda _: (status, {"location": elsewhere.url}, 0.0)
        assert f"http_{status}" == failed(hook.url).code
        assert [] == elsewhere.received


def test_a_slow_answer_is_waited_for_so_long(hook: Webhook) -> None:
    """And then it counts as nobody."""
    hook.answer = lambda _: (204, {}, 3.0)
    told = failed(hook.url, patience=0.3)
    assert ("timed_out", True) == (told.code, told.is_down)


def test_an_answer_a_byte_at_a_time_ends_in_time() -> None:
    """The patience is for the whole try, not for each byte."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                for char in "HTTP/1.1 204 No Content\r\nx-slow: " + "a" * 1000:
                    if done.wait(0.1):
                        return
                    try:
                        connection.sendall(char.encode())
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        assert "timed_out" == failed(f"http://127.0.0.1:{listening.getsockname()[1]}/", patience=1.0).code
        done.set()
        thread.join()


def test_nobody_there() -> None:
    """A port that nobody listens on."""
    told = failed(f"http://127.0.0.1:{free_port()}/")
    assert ("unreachable", True, False) == (told.code, told.is_down, told.gone)


def test_no_proxy_of_the_environment(hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert goes where its channel says, whatever variables a machine has."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert "http_204" == WebhookSender(5).send(target(hook.url), MESSAGE)


def test_a_certificate_counts(tmp_path: Path) -> None:
    """https with an own authority is believed where the channel names it, and nowhere else."""
    made = authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    with webhook(context=context) as hook:
        assert "http_204" == WebhookSender(5).send(target(hook.url, ca_pem=made.ca.read_text()), MESSAGE)
        assert "tls_failed" == failed(hook.url).code
        assert 1 == len(hook.received)


def test_nothing_of_where_to_is_in_an_error() -> None:
    """Codes go to logs and lists; an address does not."""
    told = failed("http://127.0.0.1:1/a-secret-path")
    assert "secret" not in str(told.public())

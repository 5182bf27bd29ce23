"""Webhook: one signed POST, after the Standard Webhooks scheme.

What flows in: a target, a message. What flows out: a code for what the receiver said.
What it must never see: a redirect followed, a proxy of the environment, an answer's body: only its status is read.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import ssl

import httpx

from lockplate.alerting.messages import Message, SendFailed
from lockplate.registry.channel_targets import Target

SECRET_PREFIX = "whsec_"  # noqa: S105 - the scheme's own mark before a secret
SECRET_BYTES = 32
GONE = 410


def new_signing_secret() -> str:
    """Return a fresh key, base64, as a target keeps it."""
    return base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, delivery: str, timestamp: int, body: bytes) -> str:
    """Return the signature: `v1,` and base64 of HMAC-SHA-256 over `id.timestamp.body`."""
    signed = f"{delivery}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(base64.b64decode(secret), signed, hashlib.sha256)).decode()


class WebhookSender:
    """Posts messages; each try has so many seconds in all, however slowly the other side answers."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._trusted = ssl.create_default_context()

    def send(self, target: Target, message: Message) -> str:
        """Return `http_2xx` once the receiver took it, or raise SendFailed."""
        try:
            status = asyncio.run(self._post(target, message))
        except TimeoutError as error:
            raise SendFailed("timed_out", is_down=True) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise SendFailed(_code(error), is_down=True) from error
        code = f"http_{status}"
        if not 200 <= status < 300:
            raise SendFailed(code, gone=status == GONE)
        return code

    async def _post(self, target: Target, message: Message) -> int:
        body, timestamp = message.webhook_body(), int(message.at.timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "lockplate",
            "webhook-id": message.delivery,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(target.signing_secret, message.delivery, timestamp, body),
        }
        verify = ssl.create_default_context(cadata=target.ca_pem) if target.ca_pem else self._trusted
        async with (
            asyncio.timeout(self._patience),
            httpx.AsyncClient(verify=verify, trust_env=False, follow_redirects=False, timeout=self._patience) as client,
            client.stream("POST", target.url, content=body, headers=headers) as answer,
        ):
            return answer.status_code


def _code(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "timed_out"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls_failed"
        cause = cause.__cause__ or cause.__context__
    return "unreachable"

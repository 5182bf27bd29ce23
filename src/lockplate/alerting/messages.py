"""Message: one delivery's words, in the form of each way out.

What flows in: plain values of an alert, a fault or a trial. What flows out: JSON for webhooks and brokers, a text for
mail.
What it must never see: a hit; who makes a message has decided what of it may leave.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from lockplate.clock import format_time
from lockplate.errors import NodeError


class MessageType(StrEnum):
    """What a message tells."""

    ALERT = "alert"
    FAULT = "fault"
    TEST = "test"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to send; sent again, it has the same id."""

    delivery: str
    type: MessageType
    at: datetime
    """Of this try."""
    data: dict[str, Any]

    def webhook_body(self) -> bytes:
        """Return the body of a webhook: type, timestamp and data, as Standard Webhooks recommends."""
        told = {"type": self.type.value, "timestamp": format_time(self.at), "data": self.data}
        return msgspec.json.encode(told)

    def flat_body(self) -> bytes:
        """Return one flat JSON object, which home automation reads without a template of its own."""
        return msgspec.json.encode({"type": self.type.value, "delivery": self.delivery} | self.data)

    def subject(self) -> str:
        """Return a mail's subject: one line."""
        if self.type is MessageType.ALERT:
            return one_line(
                f"Lockplate alert: {self.data['category']}, {self.data['priority']}, {self.data['list_name']}"
            )
        if self.type is MessageType.FAULT:
            return one_line(f"Lockplate fault: {self.data['kind']}")
        return "Lockplate: a trial of this channel"

    def text(self) -> str:
        """Return a mail's text: a line for each field, and the one sentence that everybody must know."""
        lines = [f"{name.replace('_', ' ')}: {one_line(str(value))}" for name, value in self.data.items()]
        if self.type is MessageType.ALERT:
            lines += [
                "",
                "An alert is not a stop: open it, compare picture, plate, state and vehicle, and ask the source.",
            ]
        return "\n".join(lines) + "\n"


class SendFailed(NodeError):
    """A message did not get through; the code says why, and nothing of where to."""

    default_code = "unreachable"

    def __init__(self, code: str, *, gone: bool = False, is_down: bool = False) -> None:
        super().__init__("the message did not get through", code=code)
        self.gone = gone
        """The receiver wants nothing more of it: no other try."""
        self.is_down = is_down
        """Nobody was there: what else waits would fare no better now."""


def one_line(text: str) -> str:
    """Return a text without what could begin another line or header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())

"""Permit: proof that the gate said yes to one request, one operator, named plates and one window, for a short time.

What flows in: the gate's own decision. What flows out: a frozen value that seal accepts and nothing else can make.
What it must never see: a key; a permit opens nothing by itself.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import final

from lockplate.errors import CallerError
from lockplate.terms import OperatorId, PlateKey, PolicyId, ProfileId, RequestId

PERMIT_LIFE = timedelta(minutes=2)
"""Long enough to answer one question, too short to keep."""

_MAKER = object()


class PermitInvalid(CallerError):
    """A permit that is too old, or that does not cover what is asked of it."""

    default_code = "permit_invalid"
    http_status = 403


@final
class Permit:
    """One yes: read-only, and made only by `issue`, which only the gate may import (import-linter proves it)."""

    __slots__ = (
        "expires_at", "issued_at", "operator", "plate_keys", "policy_ids", "policy_set_hash", "profile", "request_id",
        "window_from", "window_to",
    )  # fmt: skip

    request_id: RequestId
    operator: OperatorId
    plate_keys: frozenset[PlateKey]
    window_from: datetime
    window_to: datetime
    issued_at: datetime
    expires_at: datetime
    policy_ids: tuple[PolicyId, ...]
    policy_set_hash: str
    profile: ProfileId

    def __init__(self, maker: object, **values: object) -> None:
        if maker is not _MAKER:
            raise TypeError("only the gate makes a permit")
        for name in self.__slots__:
            object.__setattr__(self, name, values[name])

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a permit cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a permit cannot be changed")

    def __init_subclass__(cls) -> None:
        raise TypeError("a permit has no other kinds")

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a permit cannot be stored or sent")

    def __repr__(self) -> str:
        return f"Permit({self.request_id}, {self.operator}, {len(self.plate_keys)} plates)"

    def require_live(self, now: datetime) -> "Permit":
        """Return the permit itself, or raise PermitInvalid when its time is over or has not come."""
        if not self.issued_at <= now < self.expires_at:
            raise PermitInvalid("the permit is not in force", next_step="Ask again.")
        return self

    def require_plate(self, plate_key: PlateKey) -> PlateKey:
        """Return the plate key, or raise PermitInvalid when the permit does not name it."""
        if plate_key not in self.plate_keys:
            raise PermitInvalid("the permit does not name this plate")
        return plate_key

    def sorted_plate_keys(self) -> Iterator[PlateKey]:
        """Yield the named plate keys in order."""
        return iter(sorted(self.plate_keys))


def require_permit(thing: object) -> Permit:
    """Return the permit itself, or raise PermitInvalid when it is anything else, however much it looks like one."""
    if type(thing) is not Permit:  # not isinstance, which a `__class__` property can fool
        raise PermitInvalid("no permit was shown")
    return thing


def issue(  # noqa: PLR0913 - a permit has this many parts, each named at the call
    *,
    request_id: RequestId,
    operator: OperatorId,
    plate_keys: frozenset[PlateKey],
    window_from: datetime,
    window_to: datetime,
    issued_at: datetime,
    policy_ids: tuple[PolicyId, ...],
    policy_set_hash: str,
    profile: ProfileId,
) -> Permit:
    """Make a permit; only `gate.decision` calls this."""
    return Permit(
        _MAKER,
        request_id=request_id,
        operator=operator,
        plate_keys=plate_keys,
        window_from=window_from,
        window_to=window_to,
        issued_at=issued_at,
        expires_at=issued_at + PERMIT_LIFE,
        policy_ids=policy_ids,
        policy_set_hash=policy_set_hash,
        profile=profile,
    )

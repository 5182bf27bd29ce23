"""Recorder: puts an access on record, its private details sealed and durable before the leaf that commits to them.

What flows in: an AccessRecord and its private details (plate, case number, free text). What flows out: its place in
the log, durable; later, the details again, checked against the leaf.
What it must never see: a key; sealing is a protocol that the caller fills in. No private detail is in a leaf, on disk
unsealed, or in an error.

Order, inside the log's own transaction: place known → details durable → leaf durable. A crash between the two leaves
details without a leaf, which nobody can point at and which the next record at that place replaces.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Protocol

import msgspec

from lockplate.access import (
    SALT_BYTES,
    AccessRecord,
    PrivateDetails,
    canonical_leaf,
    commitments,
    parse_leaf,
)
from lockplate.clock import Clock, period_of
from lockplate.errors import BadInput, NotFound, ProofInvalid, SealBroken
from lockplate.evidence.details import DetailStore, SealedDetail
from lockplate.evidence.group import GroupCommit
from lockplate.evidence.log import TileLog
from lockplate.merkle import leaf_hash
from lockplate.terms import LeafIndex, OperatorId, Period

MAX_MISDATING = timedelta(days=1)
"""A record's time starts its retention, so it may not be far from the clock's."""


class DetailSealer(Protocol):
    """Something that seals details for one operator; the keys stay on its side."""

    def seal_details(self, plain: bytes, aad: bytes) -> bytes:
        """Return the sealed bytes, bound to `aad`."""
        ...

    def open_details(self, blob: bytes, aad: bytes) -> bytes:
        """Return the plain bytes, or raise SealBroken (or KeyUnavailable, when the key was destroyed)."""
        ...


class _Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """One record ready for the log."""

    leaf: bytes
    period: Period
    sealed: bytes | None


class Recorder:
    """Records accesses to one operator's reads; safe for many threads, which share transactions."""

    def __init__(
        self, operator: OperatorId, log: TileLog, details: DetailStore, sealer: DetailSealer, clock: Clock
    ) -> None:
        self._operator, self._log, self._details = operator, log, details
        self._sealer, self._clock = sealer, clock
        self._group: GroupCommit[list[_Prepared], list[LeafIndex]] = GroupCommit(self._commit)

    def record(
        self,
        record: AccessRecord,
        private: Mapping[str, str] | None = None,
        salts: Mapping[str, bytes] | None = None,
    ) -> LeafIndex:
        """Return the record's place in the log, once it and its sealed details are durable.

        `salts` are for details that another log commits to under the same salt; every other detail gets a fresh one.
        Raises what record_many raises, and BadInput for a salt that has not 32 bytes or belongs to no detail.
        """
        return self._group.submit([self._prepare(record, private or {}, salts or {})])[0]

    def record_many(self, records: Sequence[tuple[AccessRecord, Mapping[str, str]]]) -> list[LeafIndex]:
        """Return the places of several records, all durable or none.

        Raises BadInput for a record that is another operator's, brings its own commitments, is dated more than a day
        from the clock, or is too long; StoreFailed and LogRefused like TileLog.append.
        """
        if not records:
            return []
        return self._group.submit([self._prepare(record, private, {}) for record, private in records])

    def details_of(self, index: int) -> PrivateDetails:
        """Return a record's private details, once they open and match the commitments in its leaf.

        Raises NotFound when there is no such record, it has no private details, or they were forgotten; SealBroken when
        they do not open as this record's; ProofInvalid when they are missing, or are not what the leaf commits to.
        """
        leaf = self._log.entry(index)
        record = parse_leaf(leaf)
        if not record.commitments:
            raise NotFound("the record has no private details", code="no_details")
        try:
            sealed = self._details.read(index).sealed
        except NotFound as error:
            if period_of(record.at) <= self._details.forgotten_through():
                raise NotFound("the record's private details were forgotten", code="details_forgotten") from error
            raise ProofInvalid("the record's private details are missing", next_step="Run fsck.") from error
        plain = self._sealer.open_details(sealed, self._binding(leaf))
        try:
            details = msgspec.msgpack.decode(plain, type=PrivateDetails)
            found = commitments(details)
        except (msgspec.MsgspecError, KeyError, BadInput) as error:
            raise SealBroken("the record's private details are not in their own form") from error
        if found != record.commitments:
            raise ProofInvalid("the private details are not what the record commits to", next_step="Run fsck.")
        return details

    def _prepare(self, record: AccessRecord, private: Mapping[str, str], shared: Mapping[str, bytes]) -> _Prepared:
        if record.operator != self._operator:
            raise BadInput("the record is of another operator", code="wrong_operator")
        if record.commitments:
            raise BadInput("commitments are made here, with fresh salts", code="foreign_commitments")
        if abs(record.at - self._clock.now()) > MAX_MISDATING:
            raise BadInput("the record is dated too far from the clock", code="record_misdated")
        if shared.keys() - private.keys() or any(len(salt) != SALT_BYTES for salt in shared.values()):
            raise BadInput("a salt has 32 bytes and belongs to a detail", code="bad_salt")
        period = period_of(record.at)
        if not private:
            return _Prepared(leaf=canonical_leaf(record), period=period, sealed=None)
        salts = {name: secrets.token_bytes(SALT_BYTES) for name in private} | dict(shared)
        details = PrivateDetails(values=dict(private), salts=salts)
        leaf = canonical_leaf(msgspec.structs.replace(record, commitments=commitments(details)))
        sealed = self._sealer.seal_details(msgspec.msgpack.encode(details), self._binding(leaf))
        return _Prepared(leaf=leaf, period=period, sealed=sealed)

    def _binding(self, leaf: bytes) -> bytes:
        """Return what the seal is bound to: the operator and the leaf, so that details cannot change places.

        A leaf is unique by its salts (two that share them all say the same), and its hash is known before its place is.
        """
        return b"lockplate/details/v1\0" + self._operator.encode() + b"\0" + leaf_hash(leaf)

    def _commit(self, groups: Sequence[list[_Prepared]]) -> list[list[LeafIndex]]:
        prepared = [item for group in groups for item in group]

        def details_first(first: LeafIndex) -> None:
            sealed = [
                SealedDetail(leaf_index=LeafIndex(place), period=item.period, sealed=item.sealed)
                for place, item in enumerate(prepared, first)
                if item.sealed is not None
            ]
            self._details.put(first, len(prepared), sealed)

        places = self._log.append([item.leaf for item in prepared], before_commit=details_first)
        ends = list(accumulate((len(group) for group in groups), initial=0))
        return [places[start:end] for start, end in pairwise(ends)]

"""Recognising: which section each row of a file belongs to, where headers stand, and which rows are no records.

What flows in: chunks of raw rows, and a plan if a person gave one. What flows out: rows with their section and fields;
refused rows with a reason. What it must never see: a finding; what a row means beyond its columns.

A header anywhere begins a new section. Rows of another width, and rows whose times or counts do not read where the
section has them, are held against every section that is known and then guessed anew; what fits nothing is refused.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lockplate.imports.assembling import Fields, fields_of
from lockplate.imports.guessing import guess_narrower, guess_section
from lockplate.imports.labels import LABELS, Role, is_header
from lockplate.imports.looks import SAMPLE, Looks, looks_of
from lockplate.imports.plan import MAX_SECTIONS, Plan, PlannedColumn, Section
from lockplate.imports.record_tables import MOMENT
from lockplate.imports.rows import Chunk, RawBlock, RefusalReason, RefusedRow
from lockplate.imports.states import CODE, states_of, trimmed
from lockplate.imports.times import TimeWords, read_times
from lockplate.released import State

_FEW = 3
"""Rows that are too few to guess a section from their looks alone."""
_ENOUGH = 20
"""Rows of another width than the header's that are enough to tell which column is missing."""
_EXAMPLES = 3
_EXAMPLE_CHARACTERS = 60
_UUID_LENGTH = 36
_WHEN = (Role.SEARCHED_AT, Role.SEARCHED_DATE, Role.AT)
Mask = NDArray[np.bool_]


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one section, read."""

    block: RawBlock
    section: Section
    number: int
    """Of the section, from 0, in the order in which they were found."""
    fields: Fields


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """What a chunk's rows are."""

    placed: tuple[Placed, ...]
    refused: tuple[RefusedRow, ...]
    headers: int


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    section: Section
    number: int
    has_uuids: bool


class Recogniser:
    """Recognises the rows of one file, chunk by chunk, in order."""

    def __init__(self, plan: Plan | None = None) -> None:
        self._given = plan is not None and bool(plan.sections)
        self._words = (plan or Plan()).times
        self._known: list[_Known] = []
        self._by_shape: dict[tuple[tuple[str, ...] | None, int], _Known | None] = {}
        self._header: tuple[str, ...] | None = None
        self._headers_ahead = False
        self._sheet: str | None = None
        self._is_first = True
        for section in plan.sections if plan is not None else ():
            self._learn(section, has_uuids=False)

    @property
    def words(self) -> TimeWords:
        """How times were read so far."""
        return self._words

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections found so far, in order."""
        return tuple(known.section for known in self._known)

    def recognise(self, chunk: Chunk) -> Recognised:
        """Return what each row of a chunk is."""
        placed: list[Placed] = []
        refused: list[RefusedRow] = []
        self._enter_sheet(chunk.blocks)
        headers = self._headers(chunk.blocks)
        self._headers_ahead = bool(headers)
        for header, blocks in self._stretches(chunk.blocks, headers):
            self._header = header
            # the section of the most rows first: rows of other widths are told by it
            wide = 0 if header is None else len(header)
            for block in sorted(blocks, key=lambda one: (-len(one), one.width != wide)):
                known = self._section_for(block)
                placed += self._sorted_out(block, known, refused)
        return Recognised(placed=tuple(placed), refused=tuple(refused), headers=len(headers))

    # Headers

    def _enter_sheet(self, blocks: Sequence[RawBlock]) -> None:
        """Forget the header of another sheet."""
        if blocks and blocks[0].sheet != self._sheet:
            self._sheet, self._header, self._is_first = blocks[0].sheet, None, True

    def _headers(self, blocks: Sequence[RawBlock]) -> dict[int, tuple[str, ...]]:
        """Return the header rows among these by their row; a sheet or a file may begin with one of unknown labels."""
        found: dict[int, tuple[str, ...]] = {}
        for block in blocks:
            if block.labels is not None:
                continue
            for place in np.union1d(_label_like(block), self._planned_like(block)).tolist():
                cells = block.cells(place)
                if is_header(cells) or self._is_planned_header(cells):
                    found[int(block.rows[place])] = tuple(cell or "" for cell in cells)
        if self._is_first and blocks:
            self._is_first = False
            if not found and not self._given:
                found |= _unknown_header(blocks)
        return found

    def _planned_like(self, block: RawBlock) -> NDArray[np.int64]:
        """Return the rows that begin as the header of a given section does."""
        found = np.zeros(len(block), np.bool_)
        for known in self._known if self._given else ():
            columns = known.section.columns
            place = next((number for number, column in enumerate(columns) if column.label.strip()), None)
            if place is not None and len(columns) == block.width:
                equal = pc.equal(trimmed(block.columns[place]), columns[place].label.strip())
                found |= np.asarray(pc.fill_null(equal, False))
        return np.flatnonzero(found)

    def _is_planned_header(self, cells: Sequence[str | None]) -> bool:
        told = [(cell or "").strip() for cell in cells]
        return self._given and any(
            told == [column.label.strip() for column in known.section.columns] for known in self._known
        )

    def _stretches(
        self, blocks: Sequence[RawBlock], headers: dict[int, tuple[str, ...]]
    ) -> Iterator[tuple[tuple[str, ...] | None, list[RawBlock]]]:
        """Yield the rows between headers, with the header above them."""
        if not headers:
            yield self._header, list(blocks)
            return
        rows = sorted(headers)
        above = [self._header, *(headers[row] for row in rows)]
        cuts = np.array(rows, np.int64)
        for number, header in enumerate(above):
            parts: list[RawBlock] = []
            for block in blocks:
                between = np.searchsorted(cuts, block.rows, side="right") == number
                between &= ~np.isin(block.rows, cuts)
                places = np.flatnonzero(between)
                if len(places):
                    parts.append(block if len(places) == len(block) else block.take(places))
            if parts:
                yield header, parts
        self._header = above[-1]

    # Sections

    def _learn(self, section: Section, *, has_uuids: bool) -> _Known:
        known = _Known(section=section, number=len(self._known), has_uuids=has_uuids)
        self._known.append(known)
        return known

    def _section_for(self, block: RawBlock) -> _Known | None:
        """Return the section of a block under the header that stands above it, guessed on first sight."""
        header = block.labels if block.labels is not None else self._header
        shape = (header, block.width)
        is_main = not any(known is not None and other == header for (other, _), known in self._by_shape.items())
        again = not self._given and len(block) >= SAMPLE and len(self._known) < MAX_SECTIONS
        if shape not in self._by_shape or (self._by_shape[shape] is None and again):
            self._by_shape[shape] = self._planned(block) if self._given else self._guessed(block, is_main=is_main)
        return self._by_shape[shape]

    def _planned(self, block: RawBlock) -> _Known | None:
        """Return the plan's section for a block: by labels where each cell has one, else by width."""
        if block.labels is not None:
            for known in self._known:
                by_label = {column.label: column for column in known.section.columns}
                if {column.label for column in known.section.columns} & set(block.labels):
                    columns = tuple(
                        by_label.get(label, PlannedColumn(label=label, role=Role.EXTRA)) for label in block.labels
                    )
                    section = Section(kind=known.section.kind, layout=known.section.layout, columns=columns)
                    return msgspec.structs.replace(known, section=section) if section.is_record else None
            return None
        return next((known for known in self._known if len(known.section.columns) == block.width), None)

    def _guessed(self, block: RawBlock, *, is_main: bool) -> _Known | None:
        if len(self._known) >= MAX_SECTIONS:
            return None
        looks = _all_looks(block)
        header = block.labels if block.labels is not None else self._header
        section: Section | None = None
        if header is not None and (is_main or len(header) == block.width):
            section = guess_section(header, looks)
        elif header is None and is_main and (len(block) >= _FEW or not self._known):
            section = guess_section(None, looks)
        if section is None and len(block) >= _ENOUGH:
            nearest = next((one for one in reversed(self._known) if len(one.section.columns) != block.width), None)
            section = None if nearest is None else guess_narrower(nearest.section, looks)
        if section is None:
            return None
        self._note_order(section, block)
        place = section.place(Role.ID)
        return self._learn(_with_examples(section, block), has_uuids=place is not None and looks[place].uuid > 0.9)

    def _note_order(self, section: Section, block: RawBlock) -> None:
        """Read the day first when some time reads only so, and none only the other way."""
        place = next((place for role in _WHEN if (place := section.place(role)) is not None), None)
        if place is None or self._given or self._words.day_first:
            return
        texts = block.columns[place][: SAMPLE * 10]
        turned = msgspec.structs.replace(self._words, day_first=True)
        month_first, day_first = (
            read_times(texts, words).states == CODE[State.GIVEN] for words in (self._words, turned)
        )
        if (day_first & ~month_first).any() and not (month_first & ~day_first).any():
            self._words = turned

    # Rows

    def _sorted_out(self, block: RawBlock, known: _Known | None, refused: list[RefusedRow]) -> Iterator[Placed]:
        if known is None:
            refused += self._unknown(block)
            return
        fields = fields_of(block, known.section, self._words)
        odd = self._odd(known, fields)
        if not odd.any():
            yield Placed(block=block, section=known.section, number=known.number, fields=fields)
            return
        if not odd.all():
            yield self._read(block.take(np.flatnonzero(~odd)), known)
        yield from self._odd_rows(block.take(np.flatnonzero(odd)), known, refused)

    def _unknown(self, block: RawBlock) -> Iterator[RefusedRow]:
        """Yield rows for which there is no section, each with the reason that helps a person most."""
        unknown = not self._known and self._header is None and not self._given and not self._headers_ahead
        unknown |= len(block) >= SAMPLE and not self._given
        blank, timed = _all_blank(block), _has_time(block, self._words)
        for place in range(len(block)):
            if blank[place]:
                reason = RefusalReason.EMPTY_ROW
            elif unknown:
                reason = RefusalReason.UNKNOWN_LAYOUT
            else:
                reason = RefusalReason.FIELD_COUNT if timed[place] else RefusalReason.NOT_A_RECORD
            yield block.refused(place, reason)

    def _read(self, block: RawBlock, known: _Known) -> Placed:
        fields = fields_of(block, known.section, self._words)
        return Placed(block=block, section=known.section, number=known.number, fields=fields)

    def _odd(self, known: _Known, fields: Fields) -> Mask:
        """Return which rows do not read as the section says, or do not say when or, in a sharing list, with whom."""
        codes = fields.states[MOMENT.get(known.section.kind, Role.ORGANISATION.value)]
        odd: Mask = fields.unreadable() | (codes == CODE[State.BLANK]) | (codes == CODE[State.NOT_EXPORTED])
        if known.has_uuids:
            odd |= ~_has_id(fields)
        return odd

    def _odd_rows(self, block: RawBlock, known: _Known, refused: list[RefusedRow]) -> Iterator[Placed]:
        """Yield odd rows under the section in which most of them reads; refuse what reads in none."""
        choices = [known, *self._others(block, known)]
        scores = np.stack([self._score(block, one) for one in choices])
        best = np.argmax(scores, axis=0)  # the first, where several read as much: the row's own section
        own = fields_of(block, known.section, self._words)
        no_record = (scores.max(axis=0) <= 0) & ~self._says_something(known, own)
        blank = _all_blank(block)
        for place in np.flatnonzero(no_record).tolist():
            reason = RefusalReason.EMPTY_ROW if blank[place] else RefusalReason.NOT_A_RECORD
            refused.append(block.refused(place, reason))
        for number, one in enumerate(choices):
            places = np.flatnonzero((best == number) & ~no_record)
            if len(places):
                yield self._read(block.take(places), one)

    def _says_something(self, known: _Known, fields: Fields) -> Mask:
        """Return which rows hold a time, a count or a real id at its place."""
        found: Mask = fields.readable() > 0
        if known.has_uuids:
            given = fields.states[Role.ID.value] == CODE[State.GIVEN]
            found = found | (given & _has_id(fields))
        return found

    def _score(self, block: RawBlock, known: _Known) -> NDArray[np.int64]:
        """Return how much of each row reads: what does not read weighs more than what does."""
        fields = fields_of(block, known.section, self._words)
        broken = np.zeros(len(block), np.int64)
        for name in fields.raw:
            broken += fields.states[name] == CODE[State.UNREADABLE]
        score = fields.readable() - 2 * broken
        if known.has_uuids:
            score += np.where(_has_id(fields), 1, -2)
        return score

    def _others(self, block: RawBlock, known: _Known) -> Iterable[_Known]:
        """Return other sections that rows of this width may belong to, and one guessed from these rows alone."""
        if block.labels is not None:
            return []
        others = [one for one in self._known if one is not known and len(one.section.columns) == block.width]
        if self._given or len(block) < _FEW or len(self._known) >= MAX_SECTIONS:
            return others
        scores = [self._score(block, one) for one in (known, *others)]
        if int(np.median(np.max(scores, axis=0))) > 0:
            return others
        looks = _all_looks(block)
        # rows that were edited so that fields moved, or an export stacked below another without a header
        section = guess_narrower(known.section, looks) or guess_section(None, looks)
        if section is None or section.roles in {one.section.roles for one in (known, *others)}:
            return others
        place = section.place(Role.ID)
        fresh = _Known(
            section=_with_examples(section, block),
            number=len(self._known),
            has_uuids=place is not None and looks[place].uuid > 0.9,
        )
        if (self._score(block, fresh) > np.max(scores, axis=0)).mean() < 0.5:
            return others
        self._known.append(fresh)
        return [*others, fresh]


def _has_id(fields: Fields) -> Mask:
    """Return which rows have an id as long as a UUID, or a masked or empty one."""
    lengths = np.asarray(pc.fill_null(pc.utf8_length(fields.values[Role.ID.value]), _UUID_LENGTH))
    found: Mask = (lengths == _UUID_LENGTH) | (fields.states[Role.ID.value] == CODE[State.MASKED])
    return found


def _label_like(block: RawBlock) -> NDArray[np.int64]:
    """Return the rows of which one of the first cells is a known label: few, and looked at one by one."""
    found = np.zeros(len(block), np.bool_)
    for column in block.columns[:3]:
        encoded = column.dictionary_encode()
        names = pc.replace_substring_regex(pc.utf8_lower(encoded.dictionary), r"[^a-z0-9]+", "")
        is_label = np.append(np.asarray(pc.is_in(names, pa.array(list(LABELS)))), False)
        if is_label.any():
            found |= is_label[np.asarray(pc.fill_null(encoded.indices, len(names)))]
    return np.flatnonzero(found)


def _unknown_header(blocks: Sequence[RawBlock]) -> dict[int, tuple[str, ...]]:
    """Return the file's first row when no cell of it is of its column's form, and columns of a form there are."""
    block = max(blocks, key=len)
    if block.labels is not None or len(block) < 2 or block.rows[0] != min(int(one.rows[0]) for one in blocks):
        return {}
    below = _all_looks(block.take(np.arange(1, min(len(block), SAMPLE))))
    cells = block.cells(0)
    formed = [place for place, looks in enumerate(below) if looks.is_typed or looks.number > 0.9]
    first = [looks_of([cells[place]]) for place in formed]
    labels = [cell.strip() for cell in cells if cell and cell.strip()]
    if not formed or len(labels) != len(set(labels)) or any(looks.is_typed or looks.number > 0 for looks in first):
        return {}
    return {int(block.rows[0]): tuple(cell or "" for cell in cells)}


def _all_looks(block: RawBlock) -> list[Looks]:
    """Return what each column looks like, by rows spread over the block."""
    places = np.unique(np.linspace(0, len(block) - 1, min(len(block), SAMPLE)).astype(np.int64))
    picked = block if len(places) == len(block) else block.take(places)
    return [looks_of(column.to_pylist()) for column in picked.columns]


def _all_blank(block: RawBlock) -> Mask:
    blank = np.ones(len(block), np.bool_)
    for column in block.columns:
        blank &= np.asarray(pc.fill_null(pc.equal(trimmed(column), ""), True))
    return blank


def _has_time(block: RawBlock, words: TimeWords) -> Mask:
    found = np.zeros(len(block), np.bool_)
    for column in block.columns:
        found |= read_times(column, words).states == CODE[State.GIVEN]
    return found


def _with_examples(section: Section, block: RawBlock) -> Section:
    columns = []
    for column, texts in zip(section.columns, block.columns, strict=True):
        told = texts[:SAMPLE].filter(pa.array(states_of(texts[:SAMPLE]) != CODE[State.BLANK]))
        seen = [text[:_EXAMPLE_CHARACTERS] for text in pc.unique(told).to_pylist()[:_EXAMPLES] if text is not None]
        columns.append(msgspec.structs.replace(column, examples=tuple(seen)))
    return msgspec.structs.replace(section, columns=tuple(columns))

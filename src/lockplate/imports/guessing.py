"""Guessing: which column is what, from labels and looks together.

What flows in: labels, if there are any, and what the columns look like. What flows out: a section, with how sure each
column is and why. What it must never see: a place alone: a label counts only for a column whose cells can be such.

Labels and columns are set beside one another so that they fit best, in order, with as few left over as can be: a header
edited by hand, in which all later labels stand one column off, is read so. Without a header the known layouts stand in.
"""

from collections.abc import Sequence

import msgspec

from lockplate.imports.labels import EVENT_ROLES, LAYOUTS, SHARE_ROLES, TEXT_ROLES, Role, layout_of, roles_of
from lockplate.imports.looks import Looks, fits
from lockplate.imports.plan import PlannedColumn, Section
from lockplate.released import RecordKind

MAX_LABEL_CHARACTERS = 200
_GAP = -0.6
_BY_LABEL = 0.5
_UNKNOWN = 0.1
_AGAINST = -0.5
"""Below this, cells contradict a role."""
_NEARLY = 0.15
"""Readings whose scores are closer than this fit alike."""
_MOST_LEFT = 3
"""Labels of a known section that rows without a header may lack."""
_SURE_LAYOUT = 0.25
"""Mean fit of a column from which a layout is believed without a header."""
_BY_LOOKS = (
    (Role.FRAME, 0.7), (Role.SEARCHED_AT, 0.7), (Role.SEARCH_TYPE, 0.6), (Role.MODERATION, 0.6), (Role.FILTERS, 0.45),
)  # fmt: skip
"""Roles that cells alone can speak for, and from which fit on."""


class Label(msgspec.Struct, frozen=True):
    """A label, and what a column with it may be; the likeliest first."""

    text: str
    roles: tuple[Role, ...]


class Pairing(msgspec.Struct, frozen=True):
    """Labels set beside columns: for each column the label's number or None, and how well it all fits."""

    labels: tuple[int | None, ...]
    score: float


def labels_of(texts: Sequence[str | None]) -> tuple[Label, ...]:
    """Return the labels of a header; an empty or unknown one may be anything."""
    return tuple(Label((text or "").strip()[:MAX_LABEL_CHARACTERS], roles_of(text or "")) for text in texts)


def best_role(label: Label, looks: Looks, taken: frozenset[Role] = frozenset()) -> tuple[Role, float]:
    """Return which of a label's roles a column's cells fit best."""
    free = [role for role in label.roles if role not in taken]
    if not free:
        return Role.EXTRA, 0.0
    best = max(range(len(free)), key=lambda number: (fits(free[number], looks), -number))
    return free[best], fits(free[best], looks)


def pair(labels: Sequence[Label], columns: Sequence[Looks]) -> Pairing:
    """Return the labels set beside the columns, in order, as they fit best."""
    rows, places = len(labels), len(columns)
    alone = _alone(columns)
    scores = [[0.0] * (places + 1) for _ in range(rows + 1)]
    steps = [[""] * (places + 1) for _ in range(rows + 1)]
    for one in range(rows + 1):
        for other in range(places + 1):
            choices: list[tuple[float, str]] = []
            if one and other:
                choices.append((scores[one - 1][other - 1] + _together(labels[one - 1], columns[other - 1]), "both"))
            if one:
                choices.append((scores[one - 1][other] + _GAP, "label"))
            if other:
                choices.append((scores[one][other - 1] + alone[other - 1], "column"))
            scores[one][other], steps[one][other] = max(choices, default=(0.0, ""), key=lambda choice: choice[0])
    return Pairing(_path(steps, rows, places), scores[rows][places])


def _path(steps: list[list[str]], one: int, other: int) -> tuple[int | None, ...]:
    found: list[int | None] = [None] * other
    while one or other:
        step = steps[one][other]
        if step == "both":
            found[other - 1] = one - 1
        one, other = one - (step in {"both", "label"}), other - (step in {"both", "column"})
    return tuple(found)


def _together(label: Label, looks: Looks) -> float:
    if not label.roles:
        return _UNKNOWN
    return max(_BY_LABEL + best_role(label, looks)[1], -1.5)


def _alone(columns: Sequence[Looks]) -> list[float]:
    """Return what it costs to leave each column without a label: little only for empty ones at the end."""
    costs = [_GAP] * len(columns)
    for place in reversed(range(len(columns))):
        if columns[place].telling:
            break
        costs[place] = -0.05
    return costs


def guess_section(header: Sequence[str | None] | None, columns: Sequence[Looks]) -> Section | None:
    """Return the section that labels and looks speak for, or None when no column says when.

    `header`: the cells of the header row, or None where there is none.
    """
    if header is None:
        section = _by_layout(columns)
    else:
        labels = labels_of(header)
        pairing = pair(labels, columns)
        section = _by_labels(labels, pairing, columns)
        if abs(len(labels) - len(columns)) == 1 and _is_ambiguous(labels, pairing, columns):
            section = _doubted(section)
    return section if section is not None and section.is_record else None


def _doubted(section: Section) -> Section:
    """Return a section whose columns of text and counts may be one another's: nothing in the cells tells."""
    columns = tuple(
        msgspec.structs.replace(
            column,
            confidence=min(column.confidence, 0.45),
            why=f"{column.why}; another reading fits nearly as well",
        )
        if column.role in TEXT_ROLES | {Role.NETWORKS, Role.DEVICES}
        else column
        for column in section.columns
    )
    return msgspec.structs.replace(section, columns=columns)


def _by_labels(labels: Sequence[Label], pairing: Pairing, columns: Sequence[Looks]) -> Section:
    moved = len(labels) != len(columns) or any(at != place for place, at in enumerate(pairing.labels))
    made: list[PlannedColumn] = []
    taken: set[Role] = set()
    for place, (at, looks) in enumerate(zip(pairing.labels, columns, strict=True)):
        column = _labelled(None if at is None else labels[at], looks, frozenset(taken))
        if moved and column.role is not Role.EXTRA and at != place and at is not None:
            column = msgspec.structs.replace(
                column,
                confidence=min(column.confidence, 0.7),
                why=f"{column.why}; the label stands over column {at + 1} of the header",
            )
        made.append(column)
        taken.add(column.role)
    return _finished(_filled(made, columns))


def _labelled(label: Label | None, looks: Looks, taken: frozenset[Role]) -> PlannedColumn:
    if label is None or not label.roles:
        text = "" if label is None else label.text
        why = "no label" if not text else "an unknown label: kept under its name"
        return PlannedColumn(label=text, role=Role.EXTRA, confidence=1.0, why=why)
    role, fit = best_role(label, looks, taken)
    if role is Role.EXTRA:
        return PlannedColumn(label=label.text, role=role, why="another column has this meaning already")
    if fit < _AGAINST:
        why = f"the label says {role.value}, the cells do not ({looks.shown()})"
        return PlannedColumn(label=label.text, role=Role.EXTRA, confidence=0.4, why=why)
    return PlannedColumn(
        label=label.text,
        role=role,
        confidence=1.0 if fit > 0.3 else 0.9 if looks.telling else 0.8,
        why=f"label, and {looks.shown()}",
    )


def _filled(made: list[PlannedColumn], columns: Sequence[Looks]) -> list[PlannedColumn]:
    """Give columns without a believed label a role: by the layout around them, else by what their cells can be."""
    taken = {column.role for column in made} - {Role.EXTRA}
    layout = _around(made)
    for place, (column, looks) in enumerate(zip(made, columns, strict=True)):
        if column.role is not Role.EXTRA or (column.label and column.confidence == 1.0 and not looks.is_typed):
            continue
        role = None if layout is None else layout[place]
        if role is not None and role not in taken and fits(role, looks) > 0 and not column.label:
            why, confidence = f"stands where a known layout has it, and {looks.shown()}", 0.6
        else:
            role = next((one for one, least in _BY_LOOKS if one not in taken and fits(one, looks) >= least), None)
            if role is None and looks.uuid > 0.5 and looks.distinct > 0.5 and Role.ID not in taken:
                role = Role.ID
            why, confidence = f"no label that fits, and {looks.shown()}", 0.5
            if role is Role.FRAME and (Role.FRAME_FROM in taken or Role.FRAME_TO in taken):
                role = None
            if role is Role.SEARCHED_AT and (Role.AT in taken or Role.SEARCHED_DATE in taken):
                role = None
        if role is not None:
            made[place] = PlannedColumn(label=column.label, role=role, confidence=confidence, why=why)
            taken.add(role)
    return made


def _around(made: Sequence[PlannedColumn]) -> tuple[Role, ...] | None:
    """Return the roles of the layout of this width that agrees with all columns that have one, if one does."""
    known = {place: column.role for place, column in enumerate(made) if column.role is not Role.EXTRA}
    for layout in LAYOUTS:
        if len(layout.roles) == len(made) and all(layout.roles[place] is role for place, role in known.items()):
            return layout.roles
    return None


def _by_layout(columns: Sequence[Looks]) -> Section:
    """Return the known layout that the columns' looks fit best, or what looks alone can tell."""
    found: list[tuple[float, tuple[Role, ...]]] = []
    for layout in LAYOUTS:
        # three columns of text are no sharing list unless their labels say so
        if abs(len(layout.roles) - len(columns)) > 1 or layout.kind is RecordKind.SHARE:
            continue
        labels = tuple(Label("", (role,)) for role in layout.roles)
        pairing = pair(labels, columns)
        if len(layout.roles) != len(columns) and _is_ambiguous(labels, pairing, columns):
            continue
        roles = tuple(Role.EXTRA if at is None else layout.roles[at] for at in pairing.labels)
        mean = (pairing.score - _BY_LABEL * len(labels)) / max(len(columns), 1)
        if mean >= _SURE_LAYOUT and all(fits(role, looks) >= -0.3 for role, looks in zip(roles, columns, strict=True)):
            found.append((mean, roles))
    if not found:
        why = "no header, and nothing in the cells tells"
        bare = [PlannedColumn(role=Role.EXTRA, confidence=0.4, why=why) for _ in columns]
        return _finished(_filled(bare, columns))
    best, roles = max(found, key=lambda one: one[0])
    rivals = [other for mean, other in found if mean > best - _NEARLY]
    made = [
        _unlabelled(role, {other[place] for other in rivals} - {role}, columns[place])
        for place, role in enumerate(roles)
    ]
    return _finished(made)


def _unlabelled(role: Role, rivals: set[Role], looks: Looks) -> PlannedColumn:
    """Return a column of a file without a header; where known layouts differ and fit alike, nobody can tell."""
    if role is Role.EXTRA:
        return PlannedColumn(role=role, why="no header, and no layout has it")
    if rivals - {Role.EXTRA}:
        words = " or ".join(sorted(one.value for one in (rivals | {role}) - {Role.EXTRA}))
        return PlannedColumn(role=Role.EXTRA, confidence=0.4, why=f"no header; {words}: nothing in the cells tells")
    why = f"no header; in the layout that fits best, and {looks.shown()}"
    return PlannedColumn(role=role, confidence=0.7 if fits(role, looks) > 0.3 else 0.5, why=why)


def _is_ambiguous(labels: Sequence[Label], pairing: Pairing, columns: Sequence[Looks]) -> bool:
    """Say whether another label left out, or another column left alone, would fit nearly as well."""
    if len(labels) > len(columns):
        cuts = [number for number in range(len(labels)) if number in pairing.labels]
        others = [pair([*labels[:cut], *labels[cut + 1 :]], columns).score for cut in cuts]
    else:
        cuts = [place for place, at in enumerate(pairing.labels) if at is not None]
        others = [pair(labels, [*columns[:cut], *columns[cut + 1 :]]).score for cut in cuts]
    return max(others, default=-9.0) + _GAP > pairing.score - _NEARLY


def guess_narrower(header: Section, columns: Sequence[Looks]) -> Section | None:
    """Return what rows of another width are, by the columns of the section before them, or None when it is ambiguous.

    An export of one month may lack a column that the header names, or have one more.
    """
    labels = tuple(
        Label(column.label, (column.role,) if column.role is not Role.EXTRA else ()) for column in header.columns
    )
    if abs(len(labels) - len(columns)) > _MOST_LEFT:
        return None
    pairing = pair(labels, columns)
    left = len(labels) - sum(1 for at in pairing.labels if at is not None)
    if left > _MOST_LEFT or _is_ambiguous(labels, pairing, columns):
        return None
    section = _by_labels(labels, pairing, columns)
    return section if section.is_record and section.confidence >= 0.5 else None


def _finished(made: Sequence[PlannedColumn]) -> Section:
    roles = {column.role for column in made}
    is_event = len(roles & EVENT_ROLES) >= 2
    if not is_event and Role.AT in roles:
        # a column "timestamp" in a search audit
        made = [
            msgspec.structs.replace(column, role=Role.SEARCHED_AT)
            if column.role is Role.AT and Role.SEARCHED_AT not in roles
            else column
            for column in made
        ]
    if is_event and Role.AT not in roles:
        made = [
            msgspec.structs.replace(column, role=Role.AT) if column.role is Role.SEARCHED_AT else column
            for column in made
        ]
    columns = tuple(made)
    is_share = not roles.isdisjoint(SHARE_ROLES)
    return Section(
        kind=RecordKind.EVENT if is_event else RecordKind.SHARE if is_share else RecordKind.SEARCH,
        layout=layout_of([column.role for column in columns]),
        columns=columns,
    )

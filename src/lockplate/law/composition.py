"""Composition: one law out of several texts, the strictest for each field, with a trace that says who decided.

What flows in: the operator's statute, origins' statutes of reads that came from elsewhere, an ordinance, a policy.
What flows out: an ordinary LawProfile, and for each field what decided it and what the others say.
What it must never see: I/O, a clock. A text can only make things stricter: it is never asked whether it may.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from lockplate.law.local import LocalText
from lockplate.law.profile import DUTIES_NOT_USES, LawProfile
from lockplate.law.row import in_words
from lockplate.law.strictness import LISTS, SHARES, SINGLE, ListRule, log_term_fits, stricter_share
from lockplate.law.text import Cited, DefaultPolicy, DefaultRetention, LogTerm, ProfileText, Sharing, stated
from lockplate.law.words import Duty, Mark, Share, Source, Span
from lockplate.terms import Purpose

S = TypeVar("S")

_OURS = "Lockplate: opposed or empty rules are read as the strictest; not law"
_SILENT_IS_STRICT: dict[str, object] = {
    "access.case_no": Duty.REQUIRED,
    "hotlist.visual_confirm_before_stop": True,
}
"""What a silent statute is read as (LawProfile): a local text cannot turn that silence into less."""

_SILENT_IS_NONE = frozenset({"hold.kinds", "hotlist.low_level"})
"""Lists that a silent statute empties: it knows no ground for a hold, and no debt that may be on a hot list."""


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What one source says of a field."""

    source: str
    value: str
    cite: str


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the law in force, and who decided it."""

    field: str
    value: str
    decided_by: tuple[str, ...]
    """The sources whose words stand; several where lists are joined."""
    cite: str
    others: tuple[Stated, ...]
    """What the sources that did not decide say."""


class LawInForce(msgspec.Struct, frozen=True, kw_only=True):
    """The strictest of several texts."""

    law: LawProfile
    """As LawProfile; its id and title are the operator's own statute's."""
    sources: tuple[str, ...]
    """`law us-wa`, `ordinance x`, `agency_policy y`, `origin us-or`."""
    statutes: tuple[LawProfile, ...]
    """The operator's own first, then the origins'."""
    trace: tuple[Decided, ...]


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    """One text with its name; `is_statute`: its silence is read strictly."""

    name: str
    text: ProfileText | LocalText
    is_statute: bool
    is_ours: bool = False
    """A profile of Lockplate's own: then `ours` is what it says, not what we put where it is silent."""


def compose(statute: LawProfile, *, origins: Sequence[LawProfile] = (), local: Sequence[LocalText] = ()) -> LawInForce:
    """Return the law that holds when all of these texts must be obeyed at once."""
    statutes = (statute, *sorted(origins, key=lambda one: one.id))
    sources = [
        *(
            _Source(
                name=f"{'origin' if number else 'law'} {one.id}",
                text=_from_elsewhere(_with_holds(one)) if one.state not in {"", statute.state} else _with_holds(one),
                is_statute=True,
                is_ours=one.jurisdiction == "none",
            )
            for number, one in enumerate(statutes)
        ),
        *(_Source(name=f"{one.local.kind} {one.local.id}", text=one, is_statute=False) for one in local),
    ]
    if len(sources) == 1:
        return LawInForce(law=statute, sources=(sources[0].name,), statutes=statutes, trace=_plain_trace(statute))
    work = _Composing(statute.text, sources)
    work.compose()
    law = LawProfile(jurisdiction=statute.jurisdiction, title=statute.title, text=work.text)
    names = tuple(source.name for source in sources)
    return LawInForce(law=law, sources=names, statutes=statutes, trace=_whole_trace(law, work.trace))


class _Composing:
    """Builds the composed text field by field."""

    def __init__(self, own: ProfileText, sources: Sequence[_Source]) -> None:
        self._sources = sources
        self._statutes = sum(source.is_statute for source in sources)
        self.trace: list[Decided] = []
        self.text = msgspec.structs.replace(own, hold=_first_text(sources).hold, default_policy=DefaultPolicy())

    def compose(self) -> None:
        """Decide every field."""
        self._retention()
        for path in SINGLE:
            if path not in {"retention.unmatched", "retention.audit_log"}:
                self._single(path)
        self._audit_log()
        for path, rule in LISTS.items():
            if path not in {"purpose.allow", "purpose.deny", "share.listed_states"}:
                self._list(path, rule)
        self._purposes()
        self._shares()
        if stated(self.text.collect.fields_allowed) == () and self._said("collect.fields_allowed"):
            self._keep_nothing("No field may be kept under all of these texts.")

    def _said(self, path: str) -> list[tuple[_Source, Any]]:
        """Return what each source that speaks says of a field: a Cited, or a list's groups."""
        found = ((source, _at(source.text, path)) for source in self._sources)
        return [
            (source, value)
            for source, value in found
            # a group without words says why the list is empty; it is no list that allows nothing
            if value is not None and (not isinstance(value, tuple) or stated(value))
        ]

    def _retention(self) -> None:
        """Take the shortest length; as soon as one text counts from capture, all do."""
        path = "retention.unmatched"
        lengths: list[tuple[_Source, Cited[Any], bool]] = []
        for source, cited in self._said(path):
            ours = _at(source.text, "default_policy.retention.unmatched") if source.is_statute else None
            if cited.value is not None:
                lengths.append((source, cited, True))
            elif ours is not None:
                lengths.append((source, ours, False))
            else:
                lengths.append((source, msgspec.structs.replace(_ours("nothing"), note=cited.note), True))
        source, cited, _ = max(lengths, key=lambda one: SINGLE[path](one[1].value))
        if any(from_capture for _, _, from_capture in lengths):
            self._set(path, cited)
        else:  # only our own default counts from storage, and only while every text is silent
            ours = DefaultPolicy(retention=DefaultRetention(unmatched=cited))
            self.text = msgspec.structs.replace(self.text, default_policy=ours)
        self._decided(path, cited, (source,), [(one, said) for one, said, _ in lengths if one is not source])

    def _single(self, path: str) -> None:
        """Take the highest rank; a statute's silence counts as what LawProfile reads it as."""
        said = [(source, cited) for source, cited in self._said(path) if cited.value is not None]
        if not said:
            return
        rank = SINGLE[path]
        source, cited = max(said, key=lambda one: rank(one[1].value))
        strict = _SILENT_IS_STRICT.get(path)
        silent = [one for one in self._sources if one.is_statute and one not in [speaker for speaker, _ in said]]
        if strict is not None and silent and rank(cited.value) < rank(strict):
            self._set(path, None)
            self._decided(path, _ours(strict), (silent[0],), said)
            return
        self._set(path, cited)
        self._decided(path, cited, (source,), [one for one in said if one[0] is not source])

    def _audit_log(self) -> None:
        """Take the longest duty to keep and the shortest limit, or, where they clash, one's own statute's term."""
        path = "retention.audit_log"
        said = [(source, cited) for source, cited in self._said(path) if cited.value is not None]
        if not said:
            return
        least = _extreme(said, "min", longest=True)
        most = _extreme(said, "max", longest=False)
        shortest = None if least is None else _bound(least[1], "min")
        longest = None if most is None else _bound(most[1], "max")
        if log_term_fits(shortest, longest):
            by = tuple({one[0].name: one[0] for one in (least, most) if one}.values())
            cites = "; ".join(dict.fromkeys(one[1].cite for one in (least, most) if one))
            cited: Cited[Any] = Cited(value=LogTerm(min=shortest, max=longest), cite=cites, mark=said[0][1].mark)
        else:
            by, cited = (said[0][0],), said[0][1]
        self._set(path, cited)
        self._decided(path, cited, by, [one for one in said if one[0] not in by])

    def _list(self, path: str, rule: ListRule) -> None:
        said = self._said(path)
        if not said:
            return
        groups = _joined([groups for _, groups in said], rule)
        if path in _SILENT_IS_NONE and len([one for one, _ in said if one.is_statute]) < self._statutes:
            groups = ()
        self._set(path, groups)
        speakers = (said[0][0],) if rule is ListRule.OWN else tuple(source for source, _ in said)
        self._decided_list(path, groups, speakers, said)

    def _purposes(self) -> None:
        """Join what is denied; leave of the closed lists what all of them allow; nothing left means nothing at all."""
        allowed, denied = self._said("purpose.allow"), self._said("purpose.deny")
        deny = _joined([groups for _, groups in denied], ListRule.UNION)
        words = {word.value for word in stated(deny)}
        allow = _filtered(
            _joined([groups for _, groups in allowed], ListRule.INTERSECTION), lambda use: use.value not in words
        )
        if allowed and not stated(allow):
            rest = tuple(one for one in Purpose if one.value not in words and one not in DUTIES_NOT_USES)
            deny = (*deny, _ours(rest)) if rest else deny
        self.text = msgspec.structs.replace(
            self.text, purpose=msgspec.structs.replace(self.text.purpose, allow=allow, deny=deny)
        )
        for path, groups, said in (("purpose.allow", allow, allowed), ("purpose.deny", deny, denied)):
            if said:
                self._decided_list(path, groups, tuple(source for source, _ in said), said)

    def _shares(self) -> None:
        """Combine each relation's word; a silent statute denies."""
        values: dict[str, Cited[Share] | None] = {}
        for name in SHARES:
            path = f"share.{name}"
            said = [(source, cited) for source, cited in self._said(path) if cited.value is not None]
            silent = [one for one in self._sources if one.is_statute and one not in [speaker for speaker, _ in said]]
            word = Share.DENY if silent and name != "sale" else None
            for _, cited in said:
                word = cited.value if word is None else stricter_share(word, cited.value)
            if word is None:
                values[name] = None
                continue
            found = next(((source, cited) for source, cited in said if cited.value is word), None)
            values[name] = None if found is None and silent else found[1] if found else _ours(word)
            by = (found[0],) if found else tuple(silent[:1]) or tuple(source for source, _ in said)
            self._decided(
                path,
                found[1] if found else _ours(word),
                by,
                [one for one in said if not found or one[0] is not found[0]],
            )
        uses = any(cited is not None and cited.value is Share.LISTED_STATES for cited in values.values())
        states = _joined([groups for _, groups in self._said("share.listed_states")], ListRule.INTERSECTION)
        if uses and not stated(states):
            values = {
                name: _ours(Share.DENY) if cited is not None and cited.value is Share.LISTED_STATES else cited
                for name, cited in values.items()
            }
            uses = False
        sharing = Sharing(**values, listed_states=states if uses else ())
        self.text = msgspec.structs.replace(self.text, share=sharing)

    def _keep_nothing(self, note: str) -> None:
        nothing = msgspec.structs.replace(_ours("nothing"), note=note)
        self._set("retention.unmatched", nothing)
        self.trace = [one for one in self.trace if one.field != "retention.unmatched"]
        self._decided("retention.unmatched", nothing, tuple(self._sources), [])

    def _set(self, path: str, value: object) -> None:
        section, name = path.split(".")
        changed = msgspec.structs.replace(getattr(self.text, section), **{name: value})
        self.text = msgspec.structs.replace(self.text, **{section: changed})

    def _decided(
        self, path: str, cited: Cited[Any], by: Iterable[_Source], others: Iterable[tuple[_Source, Cited[Any]]]
    ) -> None:
        self.trace.append(
            Decided(
                field=path,
                value=in_words(cited.value),
                decided_by=_deciders(by, [cited]),
                cite=cited.cite,
                others=tuple(
                    Stated(source=source.name, value=in_words(said.value), cite=said.cite) for source, said in others
                ),
            )
        )

    def _decided_list(self, path: str, groups: Any, by: Iterable[_Source], said: list[tuple[_Source, Any]]) -> None:
        told = tuple(
            Stated(
                source=source.name,
                value=in_words(stated(theirs)),
                cite="; ".join(dict.fromkeys(group.cite for group in theirs)),
            )
            for source, theirs in said
        )
        self.trace.append(
            Decided(
                field=path,
                value=in_words(stated(groups)) or "none",
                decided_by=_deciders(by, groups),
                cite="; ".join(dict.fromkeys(group.cite for group in groups)) or _OURS,
                others=told if len(told) > 1 else (),
            )
        )


def _with_holds(profile: LawProfile) -> ProfileText:
    """Return a statute's text with the holds that it is read as: ours where it names no ground."""
    return msgspec.structs.replace(profile.text, hold=profile.hold_text)


def _from_elsewhere(text: ProfileText) -> ProfileText:
    """Return an origin's text as it reads in another state: the agencies around are out of *its* state.

    Its word for the operator's in-state agencies is the stricter of its two, so that a copy opens no door that the
    original kept shut.
    """
    inside, outside = text.share.in_state, text.share.out_of_state
    if inside is None or outside is None or inside.value is None or outside.value is None:
        word = None if outside is None or outside.value is None else inside
    else:
        strict = stricter_share(inside.value, outside.value)
        word = next((one for one in (outside, inside) if one.value is strict), None) or _ours(strict)
    return msgspec.structs.replace(text, share=msgspec.structs.replace(text.share, in_state=word))


def _first_text(sources: Sequence[_Source]) -> ProfileText:
    text = sources[0].text
    if not isinstance(text, ProfileText):
        raise TypeError("the first source is a statute")
    return text


def _at(text: object, path: str) -> Any:
    """Return what a text has at a path, None where a section on the way is absent."""
    for name in path.split("."):
        text = getattr(text, name, None)
    return text


def _ours(value: Any) -> Cited[Any]:
    return Cited(value=value, cite=_OURS, mark=Mark.OURS)


def _extreme(said: list[tuple[_Source, Cited[Any]]], end: str, *, longest: bool) -> tuple[_Source, Cited[Any]] | None:
    """Return the source whose term has the longest (or shortest) bound of one kind."""
    bound = [(span, one) for one in said if (span := _bound(one[1], end)) is not None]
    if not bound:
        return None
    pick = max if longest else min
    return pick(bound, key=lambda item: item[0].longest() if longest else item[0].shortest())[1]


def _bound(cited: Cited[Any], end: str) -> Span | None:
    """Return one bound of a stated log term: `min` or `max`."""
    span = getattr(cited.value, end)
    return span if isinstance(span, Span) else None


def _joined(lists: list[Any], rule: ListRule) -> Any:
    """Return several lists of groups as one."""
    if not lists:
        return ()
    if rule is ListRule.OWN:
        return lists[0]
    if rule is ListRule.INTERSECTION:
        common = [word for word in stated(lists[0]) if all(word in stated(other) for other in lists[1:])]
        return _filtered(lists[0], lambda word: word in common)
    seen: list[Any] = []
    groups: list[Cited[Any]] = []
    for group in (group for groups_of_one in lists for group in groups_of_one):
        fresh = tuple(word for word in group.value or () if word not in seen)
        seen += fresh
        if fresh:
            groups.append(msgspec.structs.replace(group, value=fresh))
    return tuple(groups)


def _filtered(groups: Any, wanted: Callable[[Any], bool]) -> Any:
    """Return groups with only the wanted words; a group that lost all of them is left out."""
    kept = ((group, tuple(word for word in group.value or () if wanted(word))) for group in groups)
    return tuple(msgspec.structs.replace(group, value=words) for group, words in kept if words)


def _deciders(by: Iterable[_Source], values: Sequence[Cited[Any]]) -> tuple[str, ...]:
    """Return who decided: Lockplate, where its own default stands in a state's place."""
    names = tuple(by)
    if values and all(one.mark is Mark.OURS for one in values) and not any(source.is_ours for source in names):
        return ("Lockplate",)
    return tuple(source.name for source in names)


def _whole_trace(law: LawProfile, trace: Sequence[Decided]) -> tuple[Decided, ...]:
    """Return the trace in the order of a file, with what the program reads strictly where all texts are silent."""
    known = {one.field for one in trace}
    silent = [
        Decided(field=row.field, value=row.value, decided_by=("Lockplate",), cite=row.cite, others=())
        for row in law.rows()
        if row.field not in known
    ]
    sections = ProfileText.__struct_fields__
    places = {one.field: (sections.index(one.field.split(".")[0]), place) for place, one in enumerate(trace)}
    last = len(trace)
    return tuple(
        sorted(
            (*trace, *silent), key=lambda one: places.get(one.field, (sections.index(one.field.split(".")[0]), last))
        )
    )


def _plain_trace(statute: LawProfile) -> tuple[Decided, ...]:
    """Return the trace of one text alone."""
    return tuple(
        Decided(
            field=row.field,
            value=row.value,
            decided_by=("Lockplate",) if row.source is Source.LOCKPLATE_DEFAULT else (f"law {statute.id}",),
            cite=row.cite,
            others=(),
        )
        for row in statute.rows()
    )

"""Take a hot list's file in: `hotlist import`.

What flows in: a list's file, perhaps its layout and a person's word on its count. What flows out: counts, and the lines
that were refused, by number. What it must never see: a plate or a line's text in a result, a record or an error.
"""

import hashlib

import msgspec

from lockplate.errors import BadInput, LockplateError
from lockplate.hotlist import ListId
from lockplate.listfiles.counts import require_whole
from lockplate.listfiles.layouts import parse_list
from lockplate.listfiles.outcome import ParsedList, Progress, RefusedLine, silent
from lockplate.operations.authority import Change, follow_up
from lockplate.operations.foreign_lists import authorise_list
from lockplate.operations.operation import Actor
from lockplate.operations.taking_in import require_file
from lockplate.registry.list_plan import ImportRules, ListDiff
from lockplate.terms import Action, OperatorId
from lockplate.wiring.desk import listed_debts
from lockplate.wiring.node import Node

MAX_LIST_BYTES = 256 * 1024 * 1024
REFUSED_LINES_TOLD = 100


class ImportHotList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list's file: its text, or, for the node's own system user, where it lies."""

    list_id: str
    content: str | None = None
    path: str | None = None
    layout: str = ""
    """Empty: told by shape."""
    accept_count: int | None = None
    """How many entries the file has by the word of whoever sends it, in place of its own count; put on record."""
    all_refused: bool = False
    """Tell every refused line, not only the first hundred."""
    dry_run: bool = False


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a list's file: rows = added + changed + unchanged + refused."""

    list_id: ListId
    layout: str
    rows: int
    """Lines that are neither blank, header nor footer."""
    imported: int
    added: int
    changed: int
    unchanged: int
    duplicate: int
    """Lines that an earlier one repeats; they are among the refused."""
    gone: int
    """Entries of the last file that this one no longer lists."""
    blank: int
    frame: int
    """Lines of header and footer."""
    claims: tuple[int, ...]
    """How many entries its header and footer say that it has."""
    refused: int
    refused_by_reason: dict[str, int]
    unknown_types: dict[str, int]
    """The source's types that we do not know, at most twenty."""
    zero_for_letter: bool
    """It writes the letter O as zero: a zero in its plates may be either."""
    refused_lines: tuple[RefusedLine, ...]
    """The first hundred, by line number, or all when they were asked for."""
    index_entries: int
    """What the operator's readers are matched against now."""
    dry_run: bool


def import_hot_list(node: Node, actor: Actor, request: ImportHotList) -> ImportReport:
    """Make a file a list's content; every line is accounted for."""
    return import_with_progress(node, actor, request, silent)


def import_with_progress(node: Node, actor: Actor, request: ImportHotList, progress: Progress) -> ImportReport:
    """As `import_hot_list`; `progress` is told what is being done, and how far it is."""
    hot_list = node.registries.hot_lists.get(ListId(request.list_id))
    operator = hot_list.operator
    data = _content(actor, request)
    facts = {"change": "compared" if request.dry_run else "imported", "list": hot_list.list_id}
    if request.accept_count is not None:
        facts["accepted_count"] = str(request.accept_count)
    # a list of one plate could be guessed from a bare hash, so the leaf only commits to it
    private = {"file_sha256": hashlib.sha256(data).hexdigest()}
    change = Change(action=Action.HOTLIST_CHANGED, facts=facts, private=private)
    authority = authorise_list(node, actor, hot_list, change)
    parsed = parse_list(data, request.layout, progress)
    require_whole(parsed, accepted=request.accept_count, was_counted=hot_list.counted)
    rules = ImportRules(low_level=listed_debts(node.law, operator), accepted=request.accept_count)
    if request.dry_run:
        diff = node.registries.entries.compare(hot_list.list_id, parsed, rules)
        return _report(node, operator, request, parsed, diff)
    place = node.desk(operator).recorder.record(authority.record(node, operator, change), change.private)
    try:
        diff = node.registries.entries.replace(hot_list.list_id, parsed, rules, progress)
    except LockplateError as error:
        failed = Change(action=change.action, facts=facts | {"outcome": "failed", "code": error.code})
        follow_up(node, operator, authority, failed, place)
        raise
    finally:
        # an import that was cut short has changed something, too
        progress("indexing", 0, 0)
        node.desk(operator).reload_index(node.registries.entries, node.clock)
    counts = {"added": diff.added, "changed": diff.changed, "gone": diff.gone, "refused": len(diff.refused)}
    done = Change(action=change.action, facts=facts | {"outcome": "done", "layout": parsed.layout}, counts=counts)
    follow_up(node, operator, authority, done, place)
    return _report(node, operator, request, parsed, diff)


def _content(actor: Actor, request: ImportHotList) -> bytes:
    """Return the file's bytes, or raise BadInput; a path is taken from the node's own system user only."""
    if (request.path is None) == (request.content is None):
        raise BadInput("give the list's text or where it lies", code="no_file")
    if request.content is not None:
        return request.content.encode("utf-8", "surrogatepass")
    actor.require_system_user()
    path = require_file(request.path or "")
    if path.stat().st_size > MAX_LIST_BYTES:
        raise BadInput("the list is too large", code="too_large")
    return path.read_bytes()


def _report(
    node: Node, operator: OperatorId, request: ImportHotList, parsed: ParsedList, diff: ListDiff
) -> ImportReport:
    by_reason = diff.refused_by_reason()
    return ImportReport(
        list_id=diff.list_id,
        layout=parsed.layout,
        rows=diff.lines - diff.blank,
        imported=diff.added + diff.changed + diff.unchanged,
        added=diff.added,
        changed=diff.changed,
        unchanged=diff.unchanged,
        duplicate=by_reason.get("duplicate", 0),
        gone=diff.gone,
        blank=diff.blank,
        frame=parsed.frame,
        claims=parsed.claims,
        refused=len(diff.refused),
        refused_by_reason=by_reason,
        unknown_types=parsed.unknown_types,
        zero_for_letter=parsed.zero_for_letter,
        refused_lines=diff.refused if request.all_refused else diff.refused[:REFUSED_LINES_TOLD],
        index_entries=len(node.desk(operator).lane.index),
        dry_run=request.dry_run,
    )

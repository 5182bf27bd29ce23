"""Tables: a report and a policy as rows, for a spreadsheet.

What flows in: a Report, a PolicyDocument. What flows out: CSV text.
What it must never see: private details. A cell that a spreadsheet would run as a formula is made plain text.
"""

import csv
import io
from collections.abc import Iterable, Iterator

import msgspec

from lockplate.reporting.policy_document import PolicyDocument
from lockplate.reporting.report import Report

REPORT_HEAD = ("line", "what", "of", "number", "note", "query", "recount")
POLICY_HEAD = ("element", "title", "required", "cite", "text", "not stated yet")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def report_csv(report: Report) -> str:
    """Return a report as CSV: a row for each number, name and blank; `recount` is the query as JSON."""
    return _csv(REPORT_HEAD, _report_rows(report))


def policy_csv(document: PolicyDocument) -> str:
    """Return a policy as CSV: a row for each paragraph and each thing that nobody has stated yet."""
    return _csv(POLICY_HEAD, _policy_rows(document))


def _report_rows(report: Report) -> Iterator[tuple[str, ...]]:
    yield "report", report.title, report.name, "", report.span.words(), report.cite, ""
    yield "log", report.log.origin, f"root {report.log.root}", str(report.log.size), "records", "", ""
    for line in report.lines:
        again = "" if line.recount is None else msgspec.json.encode(line.recount).decode()
        note = "; ".join(line.notes) if line.person is None else f"to be filled in by a person: {line.person}"
        number = "" if line.total is None else str(line.total)
        yield line.id, line.says, "", number, note, line.query_words, again
        for name, count in line.by.items():
            yield line.id, line.says, name, str(count), "", "", ""
        for words in line.words:
            yield line.id, line.says, words, "", "", "", ""


def _policy_rows(document: PolicyDocument) -> Iterator[tuple[str, ...]]:
    for paragraph in document.opening:
        yield "opening", document.title, "", "", paragraph, ""
    for section in document.sections:
        required = "yes" if section.required else "no"
        head = (section.element.value, section.title, required, section.cite)
        for paragraph in section.paragraphs:
            yield *head, paragraph, ""
        for name in section.missing:
            yield *head, "", name.value
    for word in document.beyond:
        yield word, "", "yes", "", "", word


def _csv(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(tuple(f"'{cell}" if cell.startswith(FORMULA) else cell for cell in row) for row in rows)
    return text.getvalue()

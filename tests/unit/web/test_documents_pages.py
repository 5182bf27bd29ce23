"""The policy and the reports as pages and as data: for anyone, with every number's query, and clear where they are not."""

import csv
import io
from typing import Any

import pytest

from lockplate.errors import Overloaded
from lockplate.operations.documents import State
from lockplate.operations.operation import Actor
from lockplate.operations.table import operation
from lockplate.registry.statements import StatementName
from lockplate.terms import PersonId
from lockplate.web.pages import kept
from lockplate.web.pages.kept import KeptDocuments

Site = Any
MN = "profile=us-mn&first=2026-11-01&end=2026-12-01"


@pytest.mark.parametrize("page", ["/policy", "/reports"])
def test_the_lists_are_for_anyone(site: Site, page: str) -> None:
    """No sign-in; each operator by name, with its own page; the footer and the public page lead there."""
    found = site.browser().get(page)
    assert (200, True) == (found.status_code, f'href="{page}/oakmont"' in found.text)
    assert "City of Oakmont readers" in found.text
    public = site.browser().get("/").text
    assert f'href="{page}/oakmont"' in public
    assert f'<a href="{page}">' in public.partition('<footer class="foot">')[2]


def test_the_policy_page_is_for_anyone(site: Site) -> None:
    """No sign-in: seven elements, what is missing, and the same as data and as a table."""
    page = site.browser().get("/policy/oakmont")
    assert 200 == page.status_code
    for words in ("1. Authorized purposes", "7. How long, and how it is destroyed", "Not stated yet:", "Not complete.",
                  "No person has yet checked the law profile"):  # fmt: skip
        assert words in page.text, words
    data = site.browser().get("/policy/oakmont/json")
    assert "application/json" in data.headers["content-type"]
    assert 7 == len(data.json()["document"]["sections"])
    table = site.browser().get("/policy/oakmont/csv")
    assert "text/csv" in table.headers["content-type"]
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert {"purposes", "retention", "opening"} <= {row["element"] for row in rows}
    assert "training" in {row["not stated yet"] for row in rows}


def test_what_somebody_states_is_text_on_the_page(site: Site) -> None:
    """Markup in a statement is shown, not run; the page is new as soon as the log has grown."""
    odd = "<script>alert(1)</script>"
    assert "alert(1)" not in site.browser().get("/policy/oakmont").text
    stated = State(name=StatementName.CUSTODIAN_TITLE, text=odd, operator="oakmont")
    operation("document.state").handler(site.node, Actor(person=PersonId("admin.poe")), stated)
    text = site.browser().get("/policy/oakmont").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert odd not in text


def test_a_report_page_says_how_each_number_was_made(site: Site) -> None:
    """A law that asks for none offers the others; a report has its queries; as data the same numbers."""
    site.node.publish()
    assert "asks for no report" in site.browser().get("/reports/oakmont").text
    page = site.browser().get(f"/reports/oakmont?{MN}")
    for words in ("sum of reads where action is count:day", "to be filled in by a person",
                  "not this operator&#39;s own law", "Commissioner of Administration"):  # fmt: skip
        assert words in page.text or words.replace("&#39;", "'") in page.text, words
    data = site.browser().get(f"/reports/oakmont/json?{MN}").json()
    assert {"plates", "queries", "denied"} <= {line["id"] for line in data["lines"]}
    (plates,) = [line for line in data["lines"] if line["id"] == "plates"]
    assert (data["log"], "count:day") == (plates["recount"]["log"], plates["recount"]["query"]["action"])
    rows = list(csv.DictReader(io.StringIO(site.browser().get(f"/reports/oakmont/csv?{MN}").text)))
    assert [str(plates["total"])] == [row["number"] for row in rows if row["line"] == "plates"]


def test_nobody_is_told_what_is_sealed(site: Site) -> None:
    """Counts by reader stay sealed on the pages, whatever the address says, and nothing is put on record for looking."""
    before = len(site.leaves())
    for address in ("/reports/oakmont?profile=us-nh&sealed=true", "/reports/oakmont/json?profile=us-nh&sealed=true"):
        found = site.browser().get(address)
        assert (200, True) == (found.status_code, "sealed beside the log" in found.text.lower())
    data = site.browser().get("/reports/oakmont/json?profile=us-nh&sealed=true").json()
    assert {None} == {line["total"] for line in data["lines"] if line["id"].endswith("_by_device")}
    assert before == len(site.leaves())


def test_what_is_no_report_says_so(site: Site) -> None:
    """Days in the wrong order, an unknown law, an unknown operator: a page with the next step, never a blank."""
    browser = site.browser()
    wrong = browser.get("/reports/oakmont?profile=us-mn&first=2026-12-01&end=2026-11-01")
    assert (400, True) == (wrong.status_code, "ends before it begins" in wrong.text)
    assert 404 == browser.get("/reports/oakmont?profile=us-zz").status_code
    assert 404 == browser.get("/policy/nowhere").status_code
    assert 404 == browser.get("/reports/nowhere/json?profile=us-mn").status_code
    assert 404 == browser.get("/policy/oakmont/xml").status_code


def test_documents_are_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same is made once; few are kept; while one is being made others wait only so long."""
    made: list[str] = []
    documents = KeptDocuments()
    for key in ("a", "a", "b", "a"):
        assert key == documents.get(key, lambda key=key: made.append(key) or key)
    assert ["a", "b"] == made
    for number in range(kept.KEPT_AT_MOST):
        documents.get(number, lambda: None)
    documents.get("a", lambda: made.append("again"))
    assert ["a", "b", "again"] == made
    monkeypatch.setattr(kept, "WAIT_SECONDS", 0.01)
    with pytest.raises(Overloaded):
        documents.get("c", lambda: documents.get("d", lambda: None))

"""Receipts over HTTP: one file for anyone, nothing signed for a stranger, and links where something is on record."""

import re

import msgspec
import pytest
from browsing import CITY, Site, question, text_of

from lockplate.access import canonical_leaf, parse_leaf
from lockplate.checkpoint import verify_checkpoint
from lockplate.clock import format_time
from lockplate.evidence.opening import open_commitments, parse_opening
from lockplate.evidence.proof_file import open_proof
from lockplate.operations.hits import ListHits
from lockplate.operations.operation import Actor
from lockplate.operations.retaining import RunRetention
from lockplate.operations.table import operation

LINK = re.compile(r'href="(/log/oakmont/receipt/\d+)" download')


def vkey(site: Site) -> str:
    return site.node.desk(CITY).evidence.publisher.vkey


def signed_size(site: Site) -> int:
    return verify_checkpoint(site.node.desk(CITY).evidence.publisher.last(), vkey(site)).size


@pytest.fixture
def denied(site: Site) -> int:
    """The place of a denial that no checkpoint covers yet."""
    officer = site.person("officer.lind")
    assert 403 == officer.post("/app/ask", question(officer, purpose="immigration")).status_code
    place = len(site.leaves()) - 1
    assert signed_size(site) <= place
    return place


def test_a_receipt_is_a_file_for_anyone(site: Site, denied: int) -> None:
    """Text, to be saved under a name that says operator and place; it verifies with the published key."""
    site.node.publish()
    answer = site.browser().get(f"/log/{CITY}/receipt/{denied}")

    assert 200 == answer.status_code
    assert "text/plain; charset=utf-8" == answer.headers["content-type"]
    assert f'attachment; filename="{CITY}-{denied}.tlog-proof"' == answer.headers["content-disposition"]
    assert ("nosniff", "no-cache", "*") == tuple(
        answer.headers[name] for name in ("x-content-type-options", "cache-control", "access-control-allow-origin")
    )
    key = site.browser().get(f"/log/{CITY}/vkey").text.strip()
    assert "question:denied" == parse_leaf(open_proof(answer.text, key).entry).action
    assert "7LOC842" not in answer.text


def test_a_stranger_makes_nothing_be_signed(site: Site, denied: int) -> None:
    """What no checkpoint covers yet: 404, when to come back, and the signed head stays where it was."""
    before = signed_size(site)
    for browser in (site.browser(), with_bad_cookie(site)):
        answer = browser.get(f"/log/{CITY}/receipt/{denied}")
        assert (404, "not_published", "5") == (
            answer.status_code, answer.json()["error"], answer.headers["retry-after"]
        )  # fmt: skip
        assert "5 seconds" in answer.json()["next_step"]
        assert "no-store" == answer.headers["cache-control"]
    assert before == signed_size(site)


def test_somebody_signed_in_need_not_wait(site: Site, denied: int) -> None:
    """The receipt of what one just did is there at once; from then on it is there for anyone."""
    mine = site.person("officer.lind").get(f"/log/{CITY}/receipt/{denied}")

    assert (200, True) == (mine.status_code, signed_size(site) > denied)
    assert mine.text == site.browser().get(f"/log/{CITY}/receipt/{denied}").text


@pytest.mark.parametrize("index", ["999999", "9223372036854775807", "99999999999999999999999", "-1", "x", "1.0", ""])
def test_what_is_no_record_has_no_receipt(site: Site, index: str) -> None:
    """Beyond the log, before it, no number: 404, and nothing is signed, for nobody."""
    before = signed_size(site)
    for browser in (site.browser(), site.person("officer.lind")):
        answer = browser.get(f"/log/{CITY}/receipt/{index}")
        assert 404 == answer.status_code
        assert "not_published" != answer.json()["error"]
    assert 404 == site.browser().get(f"/log/elsewhere/receipt/{index or 0}").status_code
    assert before == signed_size(site)


def test_a_receipt_says_what_the_entry_bundle_says(site: Site, denied: int) -> None:
    """The leaf in the file is the very entry that the log serves to anyone: nothing is told here alone."""
    site.node.publish()
    proven = open_proof(site.browser().get(f"/log/{CITY}/receipt/{denied}").text, vkey(site))
    number, width = divmod(denied, 256)
    bundle = site.client.get(f"/log/{CITY}/tile/entries/{number:03d}.p/{width + 1}").content

    assert bundle.endswith(proven.entry)


# Links


def test_every_part_of_an_answer_has_its_link(site: Site) -> None:
    """Answered: the answer's receipt and the question's. Denied and waiting: one. Each is the record that it says."""
    officer = site.person("officer.lind")
    for change, actions in (
        ({}, ["question:outcome", "question:intent"]),
        ({"purpose": "immigration"}, ["question:denied"]),
        ({"reason": "asked for by ICE"}, ["question:pending"]),
    ):
        page = officer.post("/app/ask", question(officer, **change)).text
        assert actions == actions_of(site, page), change
        assert "A receipt is one file" in text_of(page)


def test_a_waiting_question_shows_what_is_on_record(site: Site) -> None:
    """Sent to a second person, refused by them: each step with its receipt, for its author and the supervisor."""
    officer, sergeant = site.person("officer.lind"), site.person("sergeant.vale")
    officer.post("/app/ask", question(officer, reason="asked for by ICE"))
    (path,) = {
        path
        for path in re.findall(r'href="(/app/waiting/[^"]+)"', officer.get("/app/waiting").text)
        if "question:pending" in actions_of(site, officer.get(path).text)
        and 1 == len(actions_of(site, officer.get(path).text))
        and site.leaves()[-1]["request_id"] in path
    }
    sergeant.post(path, {"csrf": sergeant.csrf(), "step": "refuse"})

    for browser in (officer, sergeant):
        page = browser.get(path).text
        assert ["question:pending", "question:approval"] == actions_of(site, page)
        assert "On record so far" in text_of(page)


def test_a_denied_act_has_its_link(site: Site) -> None:
    """A page that says no, on record, gives the receipt of that; a page that says no without a record gives none."""
    officer = site.person("officer.lind")
    answer = officer.post(f"/app/records/{CITY}/0", {"csrf": officer.csrf()})
    assert (403, ["details_read"]) == (answer.status_code, actions_of(site, answer.text))
    assert "denied" == site.leaves()[-1]["verdict"]

    looked = officer.get("/app/records")
    assert (403, []) == (looked.status_code, LINK.findall(looked.text))


def test_a_record_has_its_link(site: Site, denied: int) -> None:
    """The auditor's page of one record."""
    page = site.person("auditor.roe").get(f"/app/records/{CITY}/{denied}").text
    assert ["question:denied"] == actions_of(site, page)


def test_the_public_page_shows_what_was_forgotten(site: Site) -> None:
    """Nothing yet is said; after a run the newest records of it, each with its receipt, without a count of reads."""
    assert "Nothing yet: no read has been here" in text_of(site.browser().get("/").text)
    at = format_time(site.clock.now())
    site.send_reads(
        *({"plate": f"4DUE{number:03}", "captured_at": at, "reader": "bridge-east"} for number in range(13))
    )
    system = Actor(person=None, is_system_user=True)
    later = "2027-06-01T00:00:00Z"
    report = operation("retention.run").handler(site.node, system, RunRetention(now=later, operator=CITY))
    (part,) = report.operators
    assert "Nothing yet: no read has been here" in text_of(site.browser().get("/").text)  # not signed yet
    site.node.publish()

    page = site.browser().get("/").text
    links = LINK.findall(page)
    assert [f"/log/{CITY}/receipt/{place}" for place in part.completed[::-1][:3]] == links
    assert {"retention:receipt"} == set(actions_of(site, page))
    (section,) = re.findall(r'aria-labelledby="forgotten-oakmont">.*?</section>', page, re.DOTALL)
    assert f"the keys of {part.hours} hour" in text_of(section)
    assert "13" not in text_of(section)
    assert set(part.completed) < set(part.receipts)


# Commands


def test_a_refused_look_at_hits_says_its_record(site: Site) -> None:
    """Over HTTP as on the command line: a denial names the log and the place."""
    auditor = site.person("auditor.roe")
    page = auditor.get("/app/records").text
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in auditor.cookies.items()), "x-csrf-token": csrf}
    answer = site.client.post("/v1/hits/list", content=msgspec.json.encode(ListHits(operator=CITY)), headers=headers)

    assert (403, "denied", CITY) == (answer.status_code, answer.json()["error"], answer.json()["operator"])
    leaf = site.leaves()[answer.json()["record_index"]]
    assert ("alert:shown", "denied", "auditor.roe") == (leaf["action"], leaf["verdict"], leaf["person"])


# Openings


def test_an_opening_is_saved_and_on_record(site: Site, denied: int) -> None:
    """Chosen details and their salts as a file that no cache keeps; the record of it came first and says which."""
    auditor = site.person("auditor.roe")
    fields = [("csrf", csrf_of(site, auditor, denied)), ("names", "plate")]
    answer = auditor.post(f"/app/records/{CITY}/{denied}/opening", fields)

    assert (200, "no-store") == (answer.status_code, answer.headers["cache-control"])
    assert "application/json; charset=utf-8" == answer.headers["content-type"]
    assert f'attachment; filename="opening-{CITY}-{denied}.json"' == answer.headers["content-disposition"]
    receipt = open_proof(auditor.get(f"/log/{CITY}/receipt/{denied}").text, vkey(site))
    shown = open_commitments(
        parse_opening(answer.content), receipt.checkpoint.origin, receipt.index, parse_leaf(receipt.entry)
    )
    assert {"plate": "7LOC842"} == shown
    assert "26-01542" not in answer.text
    leaf = site.leaves()[-1]
    assert ("details_read", "auditor.roe", denied, {"what": "opening", "names": "plate"}) == (
        leaf["action"], leaf["person"], leaf["refers_to"], leaf["facts"]
    )  # fmt: skip


def test_nothing_chosen_is_not_everything(site: Site, denied: int) -> None:
    """A form without a choice, or with a name that the record has not: told on the page, and nothing is recorded."""
    auditor = site.person("auditor.roe")
    csrf = csrf_of(site, auditor, denied)
    before = len(site.leaves())
    for names, status in (([], 400), (["owner"], 404)):
        fields = [("csrf", csrf), *(("names", name) for name in names)]
        answer = auditor.post(f"/app/records/{CITY}/{denied}/opening", fields)
        assert (status, True) == (answer.status_code, 'role="alert"' in answer.text)
        assert "salt" not in answer.text
    assert before == len(site.leaves())


def test_only_who_may_read_records_gets_an_opening(site: Site, denied: int) -> None:
    """An officer, even the one who asked: denied on record, with the rule and without a salt."""
    officer = site.person("officer.lind")
    before = len(site.leaves())
    fields = [("csrf", officer.csrf()), ("names", "plate")]
    answer = officer.post(f"/app/records/{CITY}/{denied}/opening", fields)

    assert (403, False) == (answer.status_code, "salt" in answer.text)
    assert [("details_read", "denied")] == [(leaf["action"], leaf["verdict"]) for leaf in site.leaves()[before:]]


def actions_of(site: Site, page: str) -> list[str]:
    """Return what the receipts that a page links to are about, in order, once each verifies."""
    site.node.publish()
    entries = [open_proof(site.browser().get(path).text, vkey(site)).entry for path in LINK.findall(page)]
    assert entries == [canonical_leaf(parse_leaf(entry)) for entry in entries]
    return [parse_leaf(entry).action for entry in entries]


def csrf_of(site: Site, browser: object, place: int) -> str:
    page = browser.get(f"/app/records/{CITY}/{place}").text  # type: ignore[attr-defined]
    return re.findall(r'name="csrf" value="([^"]+)"', page)[0]


def with_bad_cookie(site: Site) -> object:
    browser = site.browser()
    browser.cookies["lockplate_session"] = "0" * 43
    return browser

"""The faults' page, the banner, the readers' page and the numbers: what each person is shown, and that a button works."""

from datetime import timedelta

import pytest
from browsing import CITY, HOSTILE, Site, hidden, text_of

from lockplate.health import Brought
from lockplate.hotlist import Category, EntryId, ListId, MatchKind
from lockplate.operations.watching import look
from lockplate.registry.faults import FaultKind, Wrong
from lockplate.registry.hits import HitDetails, NewHit
from lockplate.terms import PlateText, ReaderId

SILENT = Wrong(
    kind=FaultKind.READER_SILENT, subject="bridge-east", facts={"quiet_seconds": 7300.0, "usual_reads": 81.4}
)


def amiss(site: Site) -> str:
    """Open one fault of the reader and return its id."""
    site.node.registries.faults.settle(CITY, [SILENT], [])
    (fault,) = site.node.registries.faults.list_open(CITY)
    return fault.fault_id


@pytest.fixture(autouse=True)
def well_again(site: Site) -> None:
    """Close what an earlier test opened."""
    site.node.registries.faults.settle(CITY, [], [(SILENT.kind, SILENT.subject)])


def test_a_fault_is_told_to_whoever_can_mend_it(site: Site) -> None:
    """The page: administrators and supervisors. The banner: whoever may say that they have seen it. Nobody else."""
    assert "fault that nobody has seen" not in text_of(site.person("admin.poe").get("/app/law").text)
    amiss(site)

    for name in ("admin.poe", "sergeant.vale"):
        page = text_of(site.person(name).get("/app/faults").text)
        assert "Nothing heard for 2 hours. In these hours it usually brings about 81 reads." in page
        assert "nobody has seen it yet" in page
    assert "1 fault that nobody has seen yet." in text_of(site.person("admin.poe").get("/app/records").text)
    assert "I have seen it" not in text_of(site.person("sergeant.vale").get("/app/faults").text)
    assert "I have seen it" in text_of(site.person("admin.poe").get("/app/faults").text)
    for name in ("officer.lind", "auditor.roe"):
        assert 403 == site.person(name).get("/app/faults").status_code
        assert "fault that nobody" not in text_of(site.person(name).get("/app/ask").text)
    assert 404 == site.person("officer.far").get("/app/nothing").status_code


def test_a_name_that_a_stranger_chose_is_inert(site: Site) -> None:
    """A reader named like a script does nothing on either page."""
    amiss(site)
    for path in ("/app/faults", "/app/readers"):
        page = site.person("admin.poe").get(path).text
        assert (False, True) == (HOSTILE in page, "&lt;script&gt;alert(1)&lt;/script&gt;" in page)


def test_a_fault_is_acknowledged_by_a_button(site: Site) -> None:
    """On record, back to where one was; the banner goes; a second time says that it was seen; a supervisor may not."""
    fault = amiss(site)
    supervisor, admin = site.person("sergeant.vale"), site.person("admin.poe")
    csrf = supervisor.csrf()
    refused = supervisor.post("/app/faults/acknowledge", {"csrf": csrf, "fault": fault, "back": "/app/faults"})
    assert 403 == refused.status_code, "readers are the administrator's"

    fields = {"csrf": hidden(admin.get("/app/readers").text, "csrf"), "fault": fault, "back": "/app/readers"}
    answer = admin.post("/app/faults/acknowledge", fields)

    assert (303, "/app/readers") == (answer.status_code, answer.headers["location"])
    assert ("fault_acknowledged", fault) == (site.leaves()[-1]["facts"]["change"], site.leaves()[-1]["facts"]["fault"])
    assert "seen by admin.poe" in text_of(admin.get("/app/faults").text)
    assert "fault that nobody" not in text_of(admin.get("/app/records").text)
    again = admin.post("/app/faults/acknowledge", fields)
    assert (409, True) == (again.status_code, "somebody has acknowledged this fault" in text_of(again.text).lower())
    elsewhere = admin.post("/app/faults/acknowledge", fields | {"back": "https://evil.invalid/"})
    assert "location" not in elsewhere.headers


def test_the_readers_page_draws_the_last_day(site: Site) -> None:
    """Twenty-four grounds, a bar for each hour with a read, its words for whoever does not see it; no script."""
    now = site.clock.now()
    for ago, reads in ((0, 3), (1, 90), (30, 500)):
        at = now - timedelta(hours=ago)
        site.node.registries.reader_hours.note(CITY, ReaderId("bridge-east"), at, Brought(reads=reads))
    look(site.node)

    page = site.person("admin.poe").get("/app/readers").text

    assert (24, 2) == (page.count('class="hour-watched"') + page.count('class="hour-away"'), page.count('"hour-reads"'))
    assert 'aria-label="93 reads in the last 24 hours, by hour; 3 in this hour so far"' in page
    assert 'height="24"' in page
    assert "Nothing is amiss. Readers are judged once the node has looked" in text_of(page)
    assert "No hot list yet" in text_of(page)


def test_the_numbers_page_is_for_those_inside_who_answer_for_lists_or_records(site: Site) -> None:
    """A supervisor and an auditor count, without a hit too; a bad day is said in words; an officer is told the rule."""
    for name in ("sergeant.vale", "auditor.roe"):
        page = text_of(site.person(name).get("/app/numbers").text)
        assert "No hit in these days." in page
        assert "Numbers" in page
    assert 403 == site.person("officer.lind").get("/app/numbers").status_code
    bad = site.person("auditor.roe").get("/app/numbers?first=2026-11-01&end=nonsense&by=plates")
    assert (400, True) == (bad.status_code, "A span has two days" in text_of(bad.text))


def test_hits_of_today_are_not_told_as_none(site: Site) -> None:
    """Hits are on record once their day is over: until then the page says so, and not that there was none."""
    details = HitDetails(
        plate_text=PlateText("7KTN041"), region=None, vehicle=None, kind=MatchKind.EXACT_TEXT, region_agrees=None,
        listed_text=PlateText("7KTN041"), listed_region=None, reason="taken",
    )  # fmt: skip
    now = site.clock.now()
    new = NewHit(
        operator=CITY, list_id=ListId("l" + "1" * 20), entry_id=EntryId("e1"), category=Category.MISSING,
        reader=ReaderId("bridge-east"), captured_at=now, details=details,
    )  # fmt: skip
    site.node.registries.hits.record([new])
    days = f"first={now - timedelta(days=1):%Y-%m-%d}&end={now + timedelta(days=2):%Y-%m-%d}"

    page = site.person("auditor.roe").get(f"/app/numbers?{days}").text
    assert ("Hits of whole days" in page, '<span class="soft">not yet</span>' in page) == (True, True)
    by_reader = site.person("auditor.roe").get(f"/app/numbers?{days}&by=reader").text
    assert "Hits of whole days" not in by_reader
    assert 'data-label="Hits" class="number">1<' in by_reader

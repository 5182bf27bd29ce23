"""The alerts' pages over a real node: who sees what, what is said, what a finding needs, and what each showing leaves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from browsing import CITY, HOSTILE, NOW, Browser, Site, hidden, text_of

from lockplate.alerting.judging import SOURCE_ANSWER_LASTS
from lockplate.hotlist import Category, EntryId, ListId, MatchKind, Priority
from lockplate.read import Confidence, Vehicle
from lockplate.registry.confirmations import SourceCheck
from lockplate.registry.hit_outcomes import HitOutcome
from lockplate.registry.hits import HitDetails, HitFilter, HitId, HitState, NewHit
from lockplate.simulate.picture import draw
from lockplate.terms import AgencyId, PlateText, ReaderId

Plant = Callable[..., HitId]
PICTURE = draw("7LOC842")


@pytest.fixture
def plant(site: Site) -> Plant:
    """Return the way to a hit of one's own, newest, with changes to its details and to itself."""

    def planted(details: dict[str, Any] | None = None, **changes: Any) -> HitId:
        site.clock.advance(timedelta(seconds=2))
        told: dict[str, Any] = {
            "plate_text": PlateText("7LOC842"), "listed_text": PlateText("7LOC842"), "region": "US-CA",
            "listed_region": "US-CA", "region_agrees": True, "vehicle": Vehicle(body="sedan", color="blue"),
            "listed_vehicle": Vehicle(body="4D", color="BLU"), "kind": MatchKind.EXACT_TEXT,
            "reason": "taken overnight", "reference": "V1234567", "confidence": Confidence(value=93.1, scale="0-100"),
        }  # fmt: skip
        new: dict[str, Any] = {
            "operator": CITY, "list_id": ListId("l-none"), "entry_id": EntryId("e-none"),
            "category": Category.STOLEN_VEHICLE, "reader": ReaderId("bridge-east"), "captured_at": site.clock.now(),
            "picture": PICTURE, "details": HitDetails(**(told | (details or {}))),
        }  # fmt: skip
        return site.node.registries.hits.record([NewHit(**(new | changes))])[0].hit_id

    return planted


@pytest.fixture(autouse=True)
def _nothing_waits(site: Site) -> None:
    """Every test begins with nothing to compare."""
    hits = site.node.registries.hits
    hits.forget(CITY, site.clock.now(), from_capture=False)


def found(browser: Browser, hit_id: HitId, finding: str, **fields: str) -> Any:
    page = browser.get(f"/app/alerts/{hit_id}").text
    return browser.post(f"/app/alerts/{hit_id}", {"csrf": hidden(page, "csrf"), "found": finding} | fields)


# The list


def test_an_empty_list_says_so(site: Site) -> None:
    """Nothing waits: the page says what will come here. The menu leads to it; signing in alone shows no alert."""
    officer = site.person("officer.lind")

    assert "Nothing waits to be compared." in text_of(officer.get("/app/alerts").text)
    assert '<a href="/app/alerts"' in officer.get("/app/ask").text
    assert "/app/ask" == officer.get("/app").headers["location"]


def test_the_list_is_one_showing(site: Site, plant: Plant) -> None:
    """Newest first, in plain words, without a scream; one record names exactly what was shown, and no plate."""
    ids = [plant({"plate_text": PlateText(f"4AB{number}")}) for number in range(3)]
    before = len(site.leaves())

    page = site.person("officer.lind").get("/app/alerts").text

    (leaf,) = site.leaves()[before:]
    assert ("alert:shown", {"hits": ",".join(reversed(ids))}) == (leaf["action"], leaf["facts"])
    places = [page.index(f'data-hit="{hit_id}"') for hit_id in reversed(ids)]
    assert sorted(places) == places
    assert "Same text; region agrees" in text_of(page)
    assert "STOLEN" not in page
    assert "stop" not in text_of(page).lower()


def test_weaker_matches_and_repeats_are_folded_away(site: Site, plant: Plant) -> None:
    """They are counted, not shown: only who asks for them is shown them, and that is a record of its own."""
    weak = plant({"kind": MatchKind.CANDIDATE}, alerts=False)
    alert = plant()
    officer = site.person("officer.lind")
    before = len(site.leaves())

    page, aside = officer.get("/app/alerts").text, officer.get("/app/alerts?weaker=1").text

    assert [alert, weak] == [leaf["facts"]["hits"] for leaf in site.leaves()[before:]]
    assert (True, False) == (alert in page, weak in page)
    assert "Show one weaker match or repeat" in text_of(page)
    assert (False, True) == (alert in aside, weak in aside)
    assert "Another reading by the reader is listed" in text_of(aside)


def test_filters(site: Site, plant: Plant) -> None:
    """By state, priority and list; a value that there is not is said so."""
    high = plant(priority=Priority.HIGH)
    other = plant(list_id=ListId("l-other"))
    officer = site.person("officer.lind")
    found(officer, other, "wrong_read")

    def shown(query: str) -> tuple[bool, bool]:
        page = officer.get(f"/app/alerts?{query}").text
        return high in page, other in page

    assert (True, False) == shown("") == shown("priority=high")
    assert (False, True) == shown("found=wrong_read") == shown("found=all&hot_list=l-other")
    assert (True, True) == shown("found=all")
    assert 400 == officer.get("/app/alerts?found=stop").status_code
    assert 404 == officer.get("/app/alerts?older=h0").status_code


def test_older_ones_go_on_where_the_page_ended(site: Site, plant: Plant) -> None:
    """Fifty on a page, and a link that shows the next ones only."""
    ids = [plant() for _ in range(51)]
    officer = site.person("officer.lind")
    page = officer.get("/app/alerts").text

    assert (50, False) == (page.count("data-hit="), ids[0] in page)
    older = officer.get(f"/app/alerts?older={ids[1]}").text
    assert (1, True) == (older.count("data-hit="), ids[0] in older)
    assert f"older={ids[1]}" in page


@pytest.mark.parametrize("person", ["auditor.roe", "admin.poe", "officer.far"])
def test_who_may_not_look_is_told_why_and_recorded(site: Site, plant: Plant, person: str) -> None:
    """Auditors, administrators and other agencies are shown no hit, neither in the list nor alone, and decide none."""
    hit = plant()
    browser = site.person(person)
    before = len(site.leaves())

    answers = [browser.get("/app/alerts"), browser.get(f"/app/alerts/{hit}")]
    csrf = hidden(answers[0].text, "csrf")
    answers.append(browser.post(f"/app/alerts/{hit}", {"csrf": csrf, "found": "correct", "source": "still_listed"}))
    answers.append(browser.post(f"/app/alerts/{hit}/outcome", {"csrf": csrf, "step": "stop"}))

    assert [403] * 4 == [answer.status_code for answer in answers]
    assert not any("7LOC842" in answer.text for answer in answers)
    assert ["denied"] * 4 == [leaf["verdict"] for leaf in site.leaves()[before:]]
    assert HitState.UNCONFIRMED is site.node.registries.hits.get(hit).state


def test_a_hit_that_is_none_is_a_page_that_is_none(site: Site) -> None:
    """A plate typed into the address reaches neither a record nor the page."""
    officer = site.person("officer.lind")
    before = len(site.leaves())

    answer = officer.get("/app/alerts/7LOC842")

    assert (404, before, False) == (answer.status_code, len(site.leaves()), "7LOC842" in answer.text)


# One alert


def test_picture_and_entry_are_one_showing(site: Site, plant: Plant) -> None:
    """The page holds the picture itself; one record says that both were shown; everything to compare is there."""
    hit = plant()
    before = len(site.leaves())

    page = site.person("officer.lind").get(f"/app/alerts/{hit}").text

    (leaf,) = site.leaves()[before:]
    assert {"hits": hit, "picture": "yes"} == leaf["facts"]
    assert 'src="data:image/jpeg;base64,' in page
    told = text_of(page)
    for words in (
        "The text as read is the text as listed.", "The region as read is the region as listed.",
        "93.1 on a scale of 0-100", "taken overnight", "V1234567", HOSTILE.replace("\u202e", "\ufffd"),
        "Mill Bridge, eastbound", "No longer on this node’s copy of the list",
    ):  # fmt: skip
        assert words in told, words
    assert [str(number) for number in range(1, 7)] == [
        part.partition("</kbd>")[0] for part in page.split('<kbd data-alerts="key" hidden>')[1:] if part[:1].isdigit()
    ]


def test_doubts_are_said_in_words(site: Site, plant: Plant) -> None:
    """A look-alike, another character and the reader's own doubt are marked and spelt out."""
    hit = plant(
        {
            "plate_text": PlateText("7L0C842"), "kind": MatchKind.EXACT_KEY, "differs": (2,), "unsure": (6,),
        }
    )  # fmt: skip
    page = site.person("officer.lind").get(f"/app/alerts/{hit}").text
    told = text_of(page)

    assert "Character 3: read 0, listed O: these look alike." in told
    assert "Character 7: the reader was not sure of 2; it can look like 1, 7, Z." in told
    assert 4 == page.count('class="marked"')
    assert "≈ looks alike" in told


@pytest.mark.parametrize(
    ("details", "changes", "words"),
    [
        ({"region": "US-AZ", "region_agrees": False}, {}, "The region as read is NOT the region as listed"),
        ({"vehicle": Vehicle(body="motorcycle")}, {}, "The reader saw another kind of vehicle than the list names."),
        ({}, {"picture": None}, "No picture came."),
        ({}, {"picture": b"<svg onload=alert(1)>"}, "A picture came, in a form that this page cannot show."),
        ({"foreign_owner": AgencyId("farfield")}, {}, "another agency, by grant"),
        ({}, {"manual": True}, "Entered by hand"),
        ({}, {"alerts": False}, "Weaker match: raised no alert"),
        ({"reason": HOSTILE}, {}, HOSTILE.replace("\u202e", "\ufffd")),
        ({"vehicle": None, "listed_vehicle": None}, {}, "Neither reader nor list describes the vehicle."),
    ],
)
def test_what_is_odd_about_a_hit_is_said(
    site: Site, plant: Plant, details: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    """Each oddity has its sentence, and a stranger's text stays text."""
    page = site.person("officer.lind").get(f"/app/alerts/{plant(details, **changes)}").text

    assert words in text_of(page)
    assert "<script>alert" not in page
    assert "<svg" not in page


# Deciding


def test_a_finding_leads_to_the_next_alert(site: Site, plant: Plant) -> None:
    """What was found is on record; the next page is the newest alert that waits, then the empty list; no plate in a URL."""
    first, second = plant(), plant()
    officer = site.person("officer.lind")
    before = len(site.leaves())

    answer = found(officer, second, "wrong_read")

    assert (303, f"/app/alerts/{first}?decided={second}") == (answer.status_code, answer.headers["location"])
    leaf = site.leaves()[-1]
    assert before + 2 == len(site.leaves())
    assert {
        "hit": second, "found": "wrong_read", "source": "not_checked", "list": "l-none", "category": "stolen_vehicle",
        "manual": "no",
    } == leaf["facts"]  # fmt: skip
    assert "Your finding is on record: wrong read." in text_of(officer.get(answer.headers["location"]).text)
    assert f"/app/alerts?operator={CITY}&decided={first}" == found(officer, first, "duplicate").headers["location"]


def test_correct_asks_the_source_first(site: Site, plant: Plant) -> None:
    """Without the source's answer `correct` is refused with what to do, the form comes back, and nothing is recorded."""
    hit = plant()
    officer = site.person("officer.lind")

    answer = found(officer, hit, "correct")

    assert 400 == answer.status_code
    assert "Ask the source again before you find a hit correct." in text_of(answer.text)
    assert HitState.UNCONFIRMED is site.node.registries.hits.get(hit).state
    no_match = found(officer, hit, "correct", source="not_listed")
    assert "Choose: stale entry." in text_of(no_match.text)
    assert 'value="not_listed" checked' in no_match.text


def test_compared_and_listed_and_then_not_any_more(site: Site, plant: Plant) -> None:
    """Correct and still listed: the page says when, and that policy decides; half an hour later it says neither."""
    hit = plant()
    officer = site.person("officer.lind")
    found(officer, hit, "correct", source="still_listed")

    page = officer.get(f"/app/alerts/{hit}").text
    told = text_of(page)
    assert 'data-standing="compared-and-listed"' in page
    assert "Your policy decides what you may do; a match alone is no suspicion." in told
    assert "may stop" not in told
    site.clock.advance(SOURCE_ANSWER_LASTS)
    later = site.person("officer.lind").get(f"/app/alerts/{hit}").text
    assert 'data-standing="match-only"' in later
    assert "the source was asked over 30 minutes ago" in text_of(later)


@pytest.mark.parametrize(
    ("details", "box", "words"),
    [
        ({"region": "US-AZ", "region_agrees": False}, "region", "the region as read is not the region as listed"),
        ({"vehicle": Vehicle(body="motorcycle")}, "vehicle", "the kind of vehicle as read is not the kind as listed"),
    ],
)
def test_contradictions_are_compared_by_hand_and_still_no_more(
    site: Site, plant: Plant, details: dict[str, Any], box: str, words: str
) -> None:
    """`correct` needs the person's word that they compared; even then the hit is a match and nothing more."""
    hit = plant(details)
    officer = site.person("officer.lind")

    assert 400 == found(officer, hit, "correct", source="still_listed").status_code
    assert 303 == found(officer, hit, "correct", source="still_listed", compared=box).status_code
    page = officer.get(f"/app/alerts/{hit}").text
    assert 'data-standing="match-only"' in page
    assert words in text_of(page)


def test_somebody_was_quicker(site: Site, plant: Plant) -> None:
    """The second of two people is told so and shown what the first one found."""
    hit = plant()
    officer, sergeant = site.person("officer.lind"), site.person("sergeant.vale")
    csrf = hidden(sergeant.get(f"/app/alerts/{hit}").text, "csrf")
    found(officer, hit, "wrong_region")

    answer = sergeant.post(f"/app/alerts/{hit}", {"csrf": csrf, "found": "correct", "source": "still_listed"})

    assert 409 == answer.status_code
    assert "Somebody has decided this hit already." in text_of(answer.text)
    assert "Hit: wrong region" in text_of(answer.text)


def test_a_form_of_another_site_decides_nothing(site: Site, plant: Plant) -> None:
    """Without the session's token neither a finding nor an outcome is taken."""
    hit = plant()
    officer = site.person("officer.lind")

    answers = [
        officer.post(f"/app/alerts/{hit}", {"found": "wrong_read"}),
        officer.post(f"/app/alerts/{hit}/outcome", {"step": "stop"}),
    ]

    assert [403, 403] == [answer.status_code for answer in answers]
    assert HitState.UNCONFIRMED is site.node.registries.hits.get(hit).state


@pytest.mark.parametrize("finding", ["", "unconfirmed", "stop", "correct; DROP"])
def test_only_the_six_findings_are_findings(site: Site, plant: Plant, finding: str) -> None:
    """Anything else changes nothing."""
    hit = plant()

    assert 400 == found(site.person("officer.lind"), hit, finding, source="still_listed").status_code
    assert 1 == site.node.registries.hits.count(CITY, HitFilter(state=HitState.UNCONFIRMED))


def test_what_became_of_it(site: Site, plant: Plant) -> None:
    """Outcomes are added one by one, each once, on record, by whoever says so; none before a decision."""
    hit = plant()
    officer, sergeant = site.person("officer.lind"), site.person("sergeant.vale")
    csrf = hidden(officer.get(f"/app/alerts/{hit}").text, "csrf")
    assert 409 == officer.post(f"/app/alerts/{hit}/outcome", {"csrf": csrf, "step": "stop"}).status_code
    found(officer, hit, "wrong_read")

    assert 303 == officer.post(f"/app/alerts/{hit}/outcome", {"csrf": csrf, "step": "stop"}).status_code
    assert {"hit": hit, "outcome": "stop", "list": "l-none", "category": "stolen_vehicle", "manual": "no"} == (
        site.leaves()[-1]["facts"]
    )
    assert 409 == officer.post(f"/app/alerts/{hit}/outcome", {"csrf": csrf, "step": "stop"}).status_code
    assert 400 == officer.post(f"/app/alerts/{hit}/outcome", {"csrf": csrf, "step": "beaten"}).status_code
    theirs = hidden(sergeant.get(f"/app/alerts/{hit}").text, "csrf")
    sergeant.post(f"/app/alerts/{hit}/outcome", {"csrf": theirs, "step": "released"})

    page = officer.get(f"/app/alerts/{hit}").text
    assert "The vehicle was stopped, said by officer.lind" in text_of(page)
    assert "Somebody was held and let go, said by sergeant.vale" in text_of(page)
    offered = [one for one in HitOutcome if f'name="step" value="{one}"' in page]
    assert {HitOutcome.STOP, HitOutcome.RELEASED} == set(HitOutcome) - set(offered)


def test_nobody_is_told_of_anothers_finding_as_their_own(site: Site, plant: Plant) -> None:
    """The notice after a finding is for whoever made it; an id that is none is no fault."""
    hit = plant()
    found(site.person("officer.lind"), hit, "wrong_read")
    sergeant = site.person("sergeant.vale")

    for query in (f"decided={hit}", "decided=h0"):
        answer = sergeant.get(f"/app/alerts?{query}")
        assert (200, False) == (answer.status_code, "on record: wrong read" in answer.text)


def test_the_time_of_the_answer_is_told_in_the_operators_zone(site: Site, plant: Plant) -> None:
    """The registry keeps the moment of the answer; the page says it in local time."""
    hit = plant()
    officer = site.person("officer.lind")
    found(officer, hit, "correct", source="still_listed")
    kept = site.node.registries.hits.get(hit)

    assert (SourceCheck.STILL_LISTED, site.clock.now()) == (kept.source, kept.checked_at)
    assert NOW < site.clock.now()
    assert "PST" in text_of(officer.get(f"/app/alerts/{hit}").text)

"""Real stops that should never have been, replayed with invented plates: what the officer sees, and what is not reached.

Payloads as cameras send them go to the real program; the page is in a real browser, decided by the keyboard alone. What
happened, and where it is told, is in docs/confirming.md.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from lockplate.clock import SystemClock, format_time
from lockplate.simulate.picture import draw
from lockplate.terms import AgencyId, OperatorId, PersonId, ProfileId, Role
from lockplate.wiring.founding import NewOperator, found_operator
from running import Home, Server

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
]
OFFICER, PASSWORD = "officer.lind", "four plain words here"
CITY = OperatorId("oakmont")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason=f"NO BROWSER: {CHROMIUM} is absent, the real cases were not tried"
    ),
]

STALE, NO_MATCH, LAST_DIGIT, UNREACHED, GOOD = "4KQZ218", "6TRN903", "2WMB777", "8GLA556", "5HDX661"
SPARE = ("9CVB140", "9CVB141", "9CVB143")
PLAIN = (STALE, NO_MATCH, LAST_DIGIT, UNREACHED, GOOD, *SPARE)
"""Listed by a file that says nothing of the vehicle."""
TRUCK, CAR, MOTORCYCLE, OTHER_STATE = "5KQW750", "7PLD314", "3VXT092", "M48213"
NCIC = {
    TRUCK: ("CA", "2001", "GMC ", "SIE", "PK", "GRY"),
    CAR: ("CA", "2012", "HOND", "CIV", "4D", "BLU"),
    MOTORCYCLE: ("CA", "2009", "YAMA", "R6 ", "MC", "BLU"),
    OTHER_STATE: ("MT", "2011", "HD  ", "FLH", "MC", "BLK"),
}
"""Region, year, make, model, style and colour, as the federal extract writes them."""


@dataclass
class Street:
    """A running node, its reader's key, and an officer's browser."""

    server: Server
    key: str
    page: Page

    def pass_by(self, body: bytes, content_type: str) -> None:
        """Send what a camera saw; a 2xx says that it was matched."""
        headers = {"x-reader-key": self.key, "content-type": content_type}
        answer = httpx.post(f"{self.server.url}/v1/reads", content=body, headers=headers, trust_env=False)
        assert (200, 1) == (answer.status_code, answer.json()["accepted"]), answer.text

    def compare(self, plate: str, *, weaker: bool = False) -> Page:
        """Open the newest hit of a plate as an officer would, from the list, by the keyboard."""
        self.page.goto("/app/alerts" + ("?weaker=1" if weaker else ""))
        line = self.page.locator("[data-hit]").filter(has_text=plate).first
        line.get_by_role("link").focus()
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("heading", name="Is it really the listed one?")).to_be_visible()
        return self.page

    def press(self, *keys: str) -> None:
        """Press keys once the page takes them."""
        expect(self.page.locator('form[data-keys="ready"]')).to_be_attached()
        for key in keys:
            self.page.keyboard.press(key)

    def standing(self, hit_id: str) -> tuple[str, str]:
        """Return how a decided hit stands, as its page says it."""
        self.page.goto(f"/app/alerts/{hit_id}")
        notice = self.page.locator("[data-standing]")
        return notice.get_attribute("data-standing") or "", notice.inner_text()


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("cases")
    home = Home(folder, {"LOCKPLATE_KEK_FILE": str(folder / "home.kek")})
    city = NewOperator(
        operator=CITY, profile=ProfileId("us-ca"), name="City of Oakmont readers", zone="America/Los_Angeles"
    )
    found_operator(home.settings, SystemClock(), city)
    with home.registries() as registries:
        registries.people.add(
            PersonId(OFFICER), agency=AgencyId(CITY), display_name="Officer", roles=frozenset({Role.OFFICER}),
            password=PASSWORD,
        )  # fmt: skip
    key = home.json("reader", "add", "bridge-east", "--name", "Mill Bridge east", "--operator", CITY)["key"]
    list_plates(home)
    with home.serve() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900})
        yield Street(server, key, signed_in(context.new_page()))
        browser.close()


def list_plates(home: Home) -> None:
    """Put the invented plates on lists: one file without descriptions, one as the federal extract writes it."""
    until = format_time(datetime.now(UTC) + timedelta(days=30))
    lines = [f"{plate},US-CA,stolen_vehicle,taken overnight,{until}" for plate in PLAIN]
    add_list(home, "State desk", "\n".join(["plate,region,category,reason,expires", *lines]) + "\n")
    add_list(home, "Federal extract", ncic_file())


def ncic_file() -> str:
    """Return the extract: a header line, then fixed columns."""
    today = datetime.now(UTC).strftime("%Y%m%d")
    lines = [
        f"V{number:09d}CA0190000{today}{plate:<10}{state}{year}PC{year}{make:<4}{model:<3}{style}{color}"
        for number, (plate, (state, year, make, model, style, color)) in enumerate(NCIC.items(), 1)
    ]
    return "\n".join(["NCIC EXTRACT", *lines]) + "\n"


def add_list(home: Home, name: str, text: str) -> None:
    made = home.json(
        "hotlist", "add", name, "--category", "stolen_vehicle", "--source", f"{name}, by radio",
        "--basis", "Veh. Code 10851", "--operator", CITY,
    )  # fmt: skip
    path = home.folder / f"{made['hot_list']['list_id']}.txt"
    path.write_text(text)
    told = home.json("hotlist", "import", str(path), "--list", made["hot_list"]["list_id"])
    assert 0 == told["refused"], told


def signed_in(page: Page) -> Page:
    page.goto("/app")
    page.get_by_label("Name").fill(OFFICER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return page


def hikvision(read: str, *, truly: str, sure: list[int], kind: str = "saloon", color: str = "red") -> tuple[bytes, str]:
    """Return a Hikvision form: what the camera read, how sure it was of each character, the picture of what is there."""
    at = datetime.now(UTC)
    event = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">\n'
        f"<macAddress>00:11:22:33:44:55</macAddress><dateTime>{at.isoformat(timespec='milliseconds')}</dateTime>"
        "<eventType>ANPR</eventType><eventState>active</eventState><ANPR>"
        f"<licensePlate>{read}</licensePlate><confidenceLevel>{min(sure)}</confidenceLevel>"
        f"<plateCharBelieve>{','.join(map(str, sure))}</plateCharBelieve><direction>forward</direction>"
        f"<vehicleType>{kind}</vehicleType><vehicleInfo><color>{color}</color></vehicleInfo></ANPR>"
        f"<UUID>{read}-{at.timestamp()}</UUID><countryAbbreviation>USA</countryAbbreviation></EventNotificationAlert>"
    )
    edge = b"--camera\r\nContent-Disposition: form-data; name="
    body = (
        edge + b'"anpr.xml"; filename="anpr.xml"\r\nContent-Type: text/xml\r\n\r\n' + event.encode() + b"\r\n"
        + edge + b'"licensePlatePicture.jpg"; filename="licensePlatePicture.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        + draw(truly) + b"\r\n--camera--\r\n"
    )  # fmt: skip
    return body, "multipart/form-data; boundary=camera"


def openalpr(read: str, region: str, kind: str) -> tuple[bytes, str]:
    """Return an OpenALPR group: it names the state and the kind of vehicle."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    group = {
        "data_type": "alpr_group", "version": 3, "epoch_start": now, "epoch_end": now, "best_uuid": f"u-{read}-{now}",
        "best_plate_number": read, "best_confidence": 94.2, "best_region": region, "agent_uid": "agent",
        "uuids": [f"u-{read}-{now}"],
        "vehicle": {"body_type": [{"name": kind, "confidence": 91.0}], "color": [{"name": "blue", "confidence": 80.0}]},
        "best_plate": {"plate": read, "plate_crop_jpeg": base64.b64encode(draw(read)).decode()},
    }  # fmt: skip
    return json.dumps(group).encode(), "application/json"


def hit_of(page: Page) -> str:
    return page.url.split("?")[0].rsplit("/", 1)[1]


def sure_but(place: int, of: int = 7) -> list[int]:
    """Return full confidence in every character but one, from 1."""
    return [41 if number == place else 98 for number in range(1, of + 1)]


def test_one_character_misread_and_a_truck_that_is_a_car(street: Street) -> None:
    """San Francisco, 2009: a 3 read as 7 is a stolen truck's plate, and the car is no truck.

    The doubted character is marked and spelt out, the contradiction stands in words, `correct` is refused without the
    person's word that they compared the vehicle; and even with it the hit stays a match and nothing more.
    """
    street.pass_by(*hikvision(TRUCK, truly="5KQW350", sure=sure_but(5)))
    page = street.compare(TRUCK)

    expect(page.locator(".signs .marked").first).to_have_text("7")
    expect(page.get_by_text("Character 5: the reader was not sure of 7; it can look like 1, 2.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="saloon")).to_contain_text("PK (cannot be one vehicle)")
    expect(page.get_by_text("The reader saw another kind of vehicle than the list names.")).to_be_visible()
    expect(page.get_by_alt_text("The picture that the reader took.")).to_be_visible()
    hit = hit_of(page)
    street.press("l", "1")
    expect(page.get_by_role("alert")).to_contain_text("The kind of vehicle as read")
    page.get_by_label("I compared the kind of vehicle").check()
    page.get_by_label("I compared the region").check()
    street.press("1")
    expect(page.get_by_text("Your finding is on record: correct.")).to_be_visible()
    kind, says = street.standing(hit)
    assert "match-only" == kind
    assert "the kind of vehicle as read is not the kind as listed" in says


def test_another_states_plate_on_another_vehicle(street: Street) -> None:
    """Aurora, 2020: the same characters on a motorcycle of another state.

    It raises no alert at all where the list does not ask for such; who opens it among the weaker matches reads that the
    region differs and that the listed vehicle is a motorcycle; nothing they tick makes it more than a match.
    """
    street.pass_by(*openalpr(OTHER_STATE, "us-co", "suv"))
    street.page.goto("/app/alerts")
    expect(street.page.locator("[data-hit]").filter(has_text=OTHER_STATE)).to_have_count(0)
    page = street.compare(OTHER_STATE, weaker=True)

    expect(page.get_by_text("The region as read is NOT the region as listed")).to_be_visible()
    expect(page.get_by_text("Read US-CO, listed US-MT.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="suv")).to_contain_text("MC (cannot be one vehicle)")
    hit = hit_of(page)
    street.press("l")
    page.get_by_label("I compared the region").check()
    page.get_by_label("I compared the kind of vehicle").check()
    street.press("1")
    expect(page.get_by_text("Your finding is on record: correct.")).to_be_visible()
    kind, says = street.standing(hit)
    assert "match-only" == kind
    assert "the region as read is not the region as listed" in says


def test_a_motorcycle_for_a_car(street: Street) -> None:
    """A motorcycle passes with a listed car's plate: found to be the wrong vehicle by one key."""
    street.pass_by(*hikvision(CAR, truly=CAR, sure=sure_but(0), kind="motorcycle"))
    page = street.compare(CAR)

    expect(page.get_by_role("row").filter(has_text="motorcycle")).to_contain_text("4D (cannot be one vehicle)")
    hit = hit_of(page)
    street.press("4")
    expect(page.get_by_text("Your finding is on record: wrong vehicle.")).to_be_visible()
    assert "match-only" == street.standing(hit)[0]


@pytest.mark.parametrize(
    ("plate", "why"),
    [
        (STALE, "San Pablo, 2018: the rental car was back with its owner, and the list did not know"),
        (NO_MATCH, "Toledo, 2024: the dispatcher said no match"),
    ],
)
def test_the_source_does_not_list_it_any_more(street: Street, plate: str, why: str) -> None:
    """The source's no closes the alert as a stale entry; `correct` is refused with the way there, and never stands."""
    street.pass_by(*hikvision(plate, truly=plate, sure=sure_but(0)))
    page = street.compare(plate)
    hit = hit_of(page)

    street.press("n", "1")
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("The source no longer lists it, so the hit is not correct.")
    expect(problem).to_contain_text("Choose: stale entry.")
    expect(page.get_by_label("It says: no match")).to_be_checked()
    street.press("5")
    expect(page.get_by_text("Your finding is on record: stale entry.")).to_be_visible()
    kind, says = street.standing(hit)
    assert "match-only" == kind, why
    assert "It was found wrong. Nothing may rest on this match." in says
    page.goto("/app/alerts")
    expect(page.locator("[data-hit]").filter(has_text=plate)).to_have_count(0)


def test_the_last_digit_read_wrong(street: Street) -> None:
    """Española, 2023: the last digit, a 2, was read as 7, and the reader doubted it.

    The doubt is marked and its look-alikes are named; the picture shows the 2; without the source's answer `correct`
    is refused; the finding is a wrong read, which counts as the reader's error.
    """
    street.pass_by(*hikvision(LAST_DIGIT, truly="2WMB772", sure=sure_but(7)))
    page = street.compare(LAST_DIGIT)

    expect(page.locator(".signs .marked").first).to_have_text("7")
    expect(page.get_by_text("Character 7: the reader was not sure of 7; it can look like 1, 2.")).to_be_visible()
    hit = hit_of(page)
    street.press("1")
    expect(page.get_by_role("alert")).to_contain_text("Ask the source again before you find a hit correct.")
    street.press("2")
    expect(page.get_by_text("Your finding is on record: wrong read.")).to_be_visible()
    assert "match-only" == street.standing(hit)[0]


def test_the_source_cannot_be_reached(street: Street) -> None:
    """Correct may be recorded then, and it stays a match and nothing more."""
    street.pass_by(*hikvision(UNREACHED, truly=UNREACHED, sure=sure_but(0)))
    page = street.compare(UNREACHED)
    hit = hit_of(page)

    street.press("r")
    page.get_by_label("I compared the region").check()
    street.press("1")
    expect(page.get_by_text("the source could not be reached")).to_be_visible()
    assert "match-only" == street.standing(hit)[0]


def test_the_good_case(street: Street) -> None:
    """Everything compared, the state looked for in the picture, the source still lists it: the page says so, with the
    time, and that policy decides; no word on it tells anybody to act."""
    street.pass_by(*hikvision(GOOD, truly=GOOD, sure=sure_but(0)))
    page = street.compare(GOOD)
    expect(page.get_by_text("The reader gave only the country. Look for the state in the picture.")).to_be_visible()
    hit = hit_of(page)

    street.press("l")
    page.get_by_label("I compared the region").check()
    street.press("1")
    expect(page.get_by_text("Your finding is on record: correct.")).to_be_visible()
    kind, says = street.standing(hit)
    assert "compared-and-listed" == kind
    assert "Compared and still listed at" in says
    assert "Your policy decides what you may do; a match alone is no suspicion." in says
    assert "stop" not in says.lower()


def test_a_key_pressed_twice_does_not_decide_the_next_alert(street: Street, browser_page: Page) -> None:
    """An alert takes no key in its first second: a tired finger must not find something about a car unseen.

    The browser's clock is stopped, so that it is known which second it is.
    """
    street.pass_by(*hikvision(SPARE[0], truly=SPARE[0], sure=sure_but(0)))
    page = browser_page
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=5))
    page.goto("/app/alerts")
    page.locator("[data-hit]").first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Is it really the listed one?")).to_be_visible()
    form = page.locator('[data-alerts="form"]')
    form.evaluate(
        "form => form.addEventListener('submit', (event) => { event.preventDefault(); form.dataset.sent = 'yes'; })"
    )

    page.clock.run_for(900)
    page.keyboard.press("2")
    page.keyboard.press("1")
    expect(form).not_to_have_attribute("data-sent", "yes")
    page.clock.run_for(200)
    page.keyboard.press("2")
    expect(form).to_have_attribute("data-sent", "yes")
    expect(form).not_to_have_attribute("data-keys", "ready")


def test_enter_alone_decides_nothing(street: Street) -> None:
    """Enter on an answer does not press the first button, which says `correct`."""
    street.pass_by(*hikvision(SPARE[2], truly=SPARE[2], sure=sure_but(0)))
    page = street.compare(SPARE[2])
    page.get_by_label("It still lists this plate").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is it really the listed one?")).to_be_visible()
    expect(page.get_by_label("It still lists this plate")).to_be_checked()
    page.route("**/static/alerts.js*", lambda route: route.abort())
    page.reload()
    page.get_by_label("It still lists this plate").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("No finding was chosen.")
    expect(page.get_by_label("It still lists this plate")).to_be_checked()
    page.unroute("**/static/alerts.js*")


def test_keys_can_be_switched_off(street: Street) -> None:
    """Whoever speaks to the machine or rests a hand on it switches them off; the buttons go on working."""
    street.pass_by(*hikvision(SPARE[1], truly=SPARE[1], sure=sure_but(0)))
    page = street.compare(SPARE[1])
    expect(page.get_by_text("Keys ?")).to_be_visible()
    page.keyboard.press("?")
    page.get_by_role("button", name="Keys are on").click()
    expect(page.get_by_role("button", name="Keys are off")).to_be_visible()
    street.press("2")
    expect(page.get_by_role("heading", name="Is it really the listed one?")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Keys ?")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("button", name="Keys are off")).to_be_hidden()
    page.evaluate("localStorage.clear()")
    page.get_by_role("button", name="Wrong read").click()
    expect(page.get_by_text("Your finding is on record: wrong read.")).to_be_visible()


def test_without_a_stream_the_list_says_so(street: Street) -> None:
    """Where the server has no live stream the page says that it is not live, and works."""
    page = street.page
    page.route("**/v1/alerts/stream*", lambda route: route.fulfill(status=404))
    page.goto("/app/alerts")
    expect(page.get_by_text("Not live", exact=True)).to_be_visible()
    expect(page.get_by_text("Reload the page to see new alerts.")).to_be_visible()
    page.unroute("**/v1/alerts/stream*")


def test_live_alerts_come_on_top(browser_page: Page) -> None:
    """An alert from the stream stands on top, filters hold, a repeat of an event adds nothing, and no plate is said."""
    page = browser_page
    hit, other = "h" + "0" * 19 + "1", "h" + "0" * 19 + "2"
    alert = {
        "hit_id": hit, "operator": CITY, "list_id": "l1", "list_name": "<b>State</b>", "category": "stolen_vehicle",
        "priority": "high", "reader": "bridge-east", "captured_at": format_time(datetime.now(UTC)),
        "recorded_at": format_time(datetime.now(UTC)), "kind": "exact_key", "region_agrees": None,
        "plate_text": "7L0C842", "region": None, "listed_text": "7LOC842", "listed_region": "US-CA", "has_picture": True,
    }  # fmt: skip
    lines = [
        ("alert", alert), ("alert", alert), ("alert", alert | {"hit_id": other, "operator": "elsewhere"}),
        ("alert", {"hit_id": "<script>"}), ("state", {"hit_id": hit, "state": "wrong_read"}),
    ]  # fmt: skip
    stream = "".join(f"event: {kind}\nid: {told['hit_id']}\ndata: {json.dumps(told)}\n\n" for kind, told in lines)
    page.route(
        "**/v1/alerts/stream*",
        lambda route: route.fulfill(status=200, content_type="text/event-stream", body="retry: 600000\n\n" + stream),
    )
    page.goto("/app/alerts")

    line = page.locator("[data-hit]").first
    expect(line).to_have_attribute("data-hit", hit)
    expect(page.locator(f'[data-hit="{hit}"]')).to_have_count(1)
    expect(page.locator(f'[data-hit="{other}"]')).to_have_count(0)
    expect(line).to_contain_text("listed 7LOC842")
    expect(line).to_contain_text("<b>State</b>")
    expect(line).to_contain_text("region not read")
    expect(line).to_contain_text("Mill Bridge east")
    expect(line.locator("[data-decided]")).to_have_text("Wrong read")
    expect(line.get_by_role("link")).to_have_attribute("href", f"/app/alerts/{hit}")
    expect(page.locator('[data-alerts="said"]')).to_have_text("1 new alert")
    expect(page.get_by_role("button", name="Sound is off")).to_be_visible()


@pytest.fixture
def browser_page(street: Street) -> Iterator[Page]:
    """A page of its own, with a clock of its own, for the officer who is signed in."""
    browser = street.page.context.browser
    assert browser is not None
    state = street.page.context.storage_state()
    context = browser.new_context(base_url=street.server.url, storage_state=state)
    yield context.new_page()
    context.close()

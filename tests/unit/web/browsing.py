"""A browser without script, and a node with people to sign in as; loaded by conftest.py, since tests are no package."""

import re
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx
import msgspec
from litestar import Litestar
from litestar.exceptions import LitestarDeprecationWarning
from litestar.testing import TestClient

from lockplate.clock import SetClock
from lockplate.read import Position
from lockplate.registry.readers import NewReader
from lockplate.terms import AgencyId, AgencyKind, OperatorId, PersonId, ProfileId, ReaderId, Role
from lockplate.web.application import create_application
from lockplate.web.doorway import COOKIE, Doorway
from lockplate.web.pages.routes import PAGE_ROUTES
from lockplate.wiring.founding import NewOperator
from lockplate.wiring.node import Node

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PASSWORD = "four plain words here"
CITY = OperatorId("oakmont")
HOSTILE = "<script>alert(1)</script>\u202eeman"
PEOPLE = {
    "officer.lind": (AgencyId("oakmont"), Role.OFFICER),
    "sergeant.vale": (AgencyId("oakmont"), Role.SUPERVISOR),
    "auditor.roe": (AgencyId("oakmont"), Role.AUDITOR),
    "admin.poe": (AgencyId("oakmont"), Role.ADMINISTRATOR),
    "officer.far": (AgencyId("farfield"), Role.OFFICER),
}
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass
class Browser:
    """Somebody's browser without script: it keeps cookies and sends forms."""

    client: TestClient[Any]
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> httpx.Response:
        return self._keep(self.client.get(path, headers=self._headers(), follow_redirects=False))

    def post(self, path: str, fields: list[tuple[str, str]] | dict[str, str]) -> httpx.Response:
        content = str(httpx.QueryParams(fields)).encode()
        headers = self._headers() | {"content-type": FORM_TYPE}
        return self._keep(self.client.post(path, content=content, headers=headers, follow_redirects=False))

    def csrf(self) -> str:
        return hidden(self.get("/app/ask").text, "csrf")

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        token = hidden(self.get("/app/sign-in").text, "form_token")
        return self.post("/app/sign-in", {"form_token": token, "name": name, "password": password, "then": "/app"})

    def _headers(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}

    def _keep(self, answer: httpx.Response) -> httpx.Response:
        self.client.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer


@dataclass
class Site:
    """A node with its pages."""

    node: Node
    clock: SetClock
    client: TestClient[Any]
    reader_key: str

    def browser(self) -> Browser:
        return Browser(self.client)

    def person(self, name: str) -> Browser:
        """Return the browser of somebody signed in, without the cost of a password."""
        return Browser(self.client, {COOKIE: self.node.registries.sessions.open(PersonId(name)).session_id})

    def leaves(self) -> list[dict[str, Any]]:
        log = self.node.desk(CITY).evidence.log
        return [msgspec.json.decode(entry) for entry in log.entries(0, log.size)]

    def send_reads(self, *lines: dict[str, Any]) -> None:
        body = b"\n".join(msgspec.json.encode(line) for line in lines)
        headers = {"x-reader-key": self.reader_key, "content-type": "application/x-ndjson"}
        answer = self.client.post("/v1/reads", content=body, headers=headers)
        assert (200, len(lines)) == (answer.status_code, answer.json()["accepted"]), answer.text


def application(doorway: Doorway) -> Litestar:
    """Return the application; handlers other than pages still use forms that Litestar 2.25 warns about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        return create_application(doorway, PAGE_ROUTES)


def city() -> NewOperator:
    return NewOperator(
        operator=CITY, profile=ProfileId("us-ca"), name="City of Oakmont readers", zone="America/Los_Angeles"
    )


def furnish(node: Node) -> str:
    """Add the people, the other agency and one reader with a hostile name; return the reader's key."""
    node.registries.agencies.add(AgencyId("farfield"), name="Farfield Police", kind=AgencyKind.MUNICIPAL, state="CA")
    for name, (agency, role) in PEOPLE.items():
        node.registries.people.add(
            PersonId(name), agency=agency, display_name=name, roles=frozenset({role}), password=PASSWORD
        )
    _, key = node.registries.readers.add(
        NewReader(
            reader=ReaderId("bridge-east"),
            operator=CITY,
            name=HOSTILE,
            place="Mill Bridge, eastbound",
            position=Position(latitude=38.5, longitude=-121.5),
        )
    )
    return key


def hidden(html: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', html)
    assert found, f"no field {name}"
    return unescape(found[1])


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def text_of(html: str) -> str:
    """Return what a page says, its markup left out and its white space made plain."""
    parser = _Words()
    parser.feed(html)
    return " ".join("".join(parser.words).split())


def question(browser: Browser, **changes: str) -> list[tuple[str, str]]:
    """Return the ask form, filled in."""
    page = browser.get("/app/ask").text
    fields = {
        "csrf": hidden(page, "csrf"),
        "once": hidden(page, "once"),
        "step": "ask",
        "plate": "7LOC842",
        "operators": CITY,
        "from": "2026-11-23T00:00",
        "to": "2026-11-24T12:00",
        "zone": "UTC",
        "purpose": "felony_investigation",
        "offense": "felony",
        "basis": "probable_cause",
        "on_behalf_of": "own",
        "case_number": "26-01542",
        "reason": "robbery at a filling station",
    }
    return list((fields | changes).items())

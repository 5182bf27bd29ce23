"""Callers: a served node with people who sign in, and what each sends along; the names that exist, put into requests.

Loaded by conftest.py, since tests are no package.
"""

import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fuzz_seeds

import running
from lockplate.registry.readers import NewReader
from lockplate.terms import AgencyId, OperatorId, PersonId, ReaderId, Role
from lockplate.web.doorway import COOKIE, CSRF_HEADER, READER_KEY_HEADER

PASSWORD = "four plain words here"
PLATE = "7KTN041"
PEOPLE = {
    "olga": Role.OFFICER,
    "sam": Role.SUPERVISOR,
    "uma": Role.AUDITOR,
    "ada": Role.ADMINISTRATOR,
    "rex": Role.OFFICER,
}
SIGNED_IN = {"officer": "olga", "administrator": "ada", "supervisor": "sam", "auditor": "uma"}
CALLERS = ("nobody", *SIGNED_IN, "reader", "system user")
UNTOUCHED = ("olga", "sam", "uma", "ada", "bridge")
"""Accounts and the reader that no request may name: a run that closes its own session would go on as nobody."""
HIDDEN = re.compile(r'name="csrf" value="([^"]+)"')
FOLDERS = frozenset({"folder", "path", "file", "home"})
"""Fields that name a place on the machine: the system user's commands write there."""


@dataclass
class Served:
    """A node that is served, and the headers of each caller."""

    server: running.Server
    folder: Path
    headers: dict[str, dict[str, str]]
    known: dict[str, tuple[Any, ...]]

    def fill(self, body: Any, chance: random.Random) -> Any:
        """Return a body with names that exist in half of the places that take one, so that more than 404 is heard."""
        if isinstance(body, list):
            return [self.fill(one, chance) for one in body]
        if not isinstance(body, dict):
            return body
        return {name: self._value(name, value, chance) for name, value in body.items()}

    def learn(self, answer: Any) -> None:
        """Remember ids that an answer tells, so that later requests may name what is there."""
        if answer.status_code == 200 and "json" in answer.headers.get("content-type", [""])[0]:
            for name, value in _pairs(json.loads(answer.content)):
                if name.endswith("_id") or name == "id":
                    self.known[name] = (*self.known.get(name, ())[-5:], value)

    def _value(self, name: str, value: Any, chance: random.Random) -> Any:
        if name in FOLDERS and isinstance(value, str):
            return str(self.folder / "made" / value.replace("/", "_")[:40]) if chance.random() < 0.9 else "\0"
        if name == "url":  # nothing is asked elsewhere: each of these is refused before that
            return chance.choice(("", "x", "ftp://h.invalid", "https://u:p@h.invalid/", "http://[", "\0"))
        if name == "server":  # as above: nobody is to be sent a trial
            return chance.choice(("", "x", "h.invalid:0", "h.invalid:x", "\0:25"))
        if isinstance(value, str) and value in UNTOUCHED:
            return "rex"
        if name in self.known and chance.random() < 0.5:
            return chance.choice(self.known[name])
        return self.fill(value, chance)


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Serve a node with an officer, a supervisor, an auditor and an administrator, each signed in over HTTP."""
    home = running.Home(folder)
    home.json("init", "--operator", "pine", "--profile", "us-ca")
    home.json("agency", "add", "ridge", "--name", "Ridge Police", "--kind", "municipal", "--state", "CA")
    with home.registries() as registries:
        for person, role in PEOPLE.items():
            registries.people.add(
                PersonId(person),
                agency=AgencyId("pine"),
                display_name=person,
                roles=frozenset({role}),
                password=PASSWORD,
            )
        added = [
            registries.readers.add(NewReader(reader=ReaderId(name), operator=OperatorId("pine"), name=name))
            for name in ("bridge", "quay")
        ]
    with home.serve() as server:
        headers = {
            "nobody": {},
            "reader": {READER_KEY_HEADER: added[0][1]},
            "system user": {"authorization": f"Bearer {server.run_token}"},
        }
        headers |= {caller: sign_in(server, person) for caller, person in SIGNED_IN.items()}
        yield Served(server, folder, headers, known())


def sign_in(server: running.Server, person: str) -> dict[str, str]:
    """Sign in by the form, as a browser does, and return what a program of that person sends along."""
    with server.client() as client:
        token = re.search(r'name="form_token" value="([^"]+)"', client.get("/app/sign-in").text)
        assert token is not None
        fields = {"form_token": token[1], "name": person, "password": PASSWORD, "then": "/app"}
        answer = client.post("/app/sign-in", data=fields)
        assert 303 == answer.status_code, answer.text
        page = client.get("/app", follow_redirects=True)
        csrf = HIDDEN.search(page.text)
        assert csrf is not None, page.text
        return {"cookie": f"{COOKIE}={client.cookies[COOKIE]}", CSRF_HEADER: csrf[1]}


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every field of an answer that holds a text or a number."""
    if isinstance(value, list):
        for one in value[:20]:
            yield from _pairs(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, str | int):
                yield name, one
            yield from _pairs(one)


def known() -> dict[str, tuple[Any, ...]]:
    """Return values that exist, by the name of the field that takes them."""
    times = (
        "2026-11-23T00:00:00Z",
        "2026-11-24T00:00:00Z",
        "2026-02-30",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "",
    )
    return {
        "operator": ("pine", "oak", "PINE", ""),
        "operators": (["pine"], ["pine", "pine"], []),
        "agency": ("ridge", "none"),
        "grantee": ("ridge", "pine"),
        "on_behalf_of": ("own", "ridge", "pine"),
        "person": ("rex", "nobody"),
        "name": ("rex", "Oak School", "x" * 300),
        "reader": ("quay", "other"),
        "plate": (PLATE, "7KTN04?", "???????", "", "АВ12"),
        "profile": ("us-ca", "us-nh", "match-only", "none"),
        "list": ("list-0001", ""),
        "index": (0, 1, 2**63, -1),
        "before": (0, 1, 2**64, None),
        "limit": (0, 1, 10**9),
        "content": tuple(
            sample.decode() for sample in (*fuzz_seeds.hot_lists(), *fuzz_seeds.places(), *fuzz_seeds.local_laws())
        ),
        "path": ("0/000", "0/000.p/1", "entries/000.p/1", "../../x", "0/x001/000"),
    } | dict.fromkeys(
        (
            "window_from",
            "window_to",
            "valid_to",
            "valid_from",
            "until",
            "now",
            "at",
            "expires",
            "first",
            "end",
            "since",
        ),
        times,
    )

"""Sign-in for programs: the same doors, locks and records as the page, for JSON."""

import json
from typing import Any

import httpx
import pytest
from browsing import PASSWORD, Site

from lockplate.operations.signing_in import RECORDED_A_MINUTE
from lockplate.web.doorway import COOKIE

JSON = {"content-type": "application/json"}


def send(site: Site, path: str, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = site.client.post(path, content=content, headers=JSON | headers)
    site.client.cookies.clear()
    return answer


def sign_in(site: Site, name: str = "officer.lind", password: str = PASSWORD) -> httpx.Response:
    return send(site, "/v1/sign-in", {"name": name, "password": password})


def test_a_program_signs_in_asks_and_signs_out(site: Site) -> None:
    """The cookie that pages use, a token for what is sent with it, the sign-in on record; after signing out, nothing."""
    answer = sign_in(site)
    told, line = answer.json(), answer.headers["set-cookie"]
    assert (200, {"csrf_token", "ends_at"}, "no-store") == (
        answer.status_code,
        set(told),
        answer.headers["cache-control"],
    )
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(line.split("; "))
    assert ("sign_in", "officer.lind", {"result": "signed_in"}) == tuple(
        site.leaves()[-1][name] for name in ("action", "person", "facts")
    )

    cookie = {"cookie": line.split(";")[0]}
    headers = cookie | {"x-csrf-token": told["csrf_token"]}
    assert 200 == send(site, "/v1/agency/list", {}, **headers).status_code
    for token in ({}, {"x-csrf-token": "0" * 64}):
        assert 403 == send(site, "/v1/agency/list", {}, **cookie, **token).status_code
        assert 403 == send(site, "/v1/sign-out", {}, **cookie, **token).status_code
    out = send(site, "/v1/sign-out", {}, **headers)
    assert (200, True) == (out.status_code, f'{COOKIE}=""' in out.headers["set-cookie"])
    assert 401 == send(site, "/v1/agency/list", {}, **headers).status_code


def test_failures_read_the_same_here_too(site: Site) -> None:
    """Unknown name, wrong password: one status, the same words, the same kind of record, no cookie."""
    before = len(site.leaves())
    answers = [sign_in(site, "officer.lind", "wrong words entirely"), sign_in(site, "no.body", "wrong words entirely")]
    assert [401, 401] == [answer.status_code for answer in answers]
    assert answers[0].json() == answers[1].json()
    assert not any("set-cookie" in answer.headers for answer in answers)
    assert [("sign_in", "-nobody")] * 2 == [(one["action"], one["person"]) for one in site.leaves()[before:]]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_of_another_site_signs_nobody_in(site: Site, kind: str) -> None:
    """What a browser would send across sites without asking is not taken, however right the words are."""
    body = {"name": "officer.lind", "password": PASSWORD}
    assert (400, None) == (
        (answer := send(site, "/v1/sign-in", body, **{"content-type": kind})).status_code,
        answer.headers.get("set-cookie"),
    )


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"name": "a"}', b'{"name": 1, "password": "x"}', b"[" * 50_000]
)
def test_what_is_no_sign_in(site: Site, body: bytes) -> None:
    """Another shape is a bad request, and nothing of it is repeated."""
    answer = send(site, "/v1/sign-in", body)
    assert (400, "bad_request") == (answer.status_code, answer.json()["error"])


def test_pages_and_programs_count_failed_tries_together(site: Site) -> None:
    """Nobody gets two allowances for filling the log: what is over one of them is only counted."""
    before = len(site.leaves())
    browser = site.browser()
    for number in range(RECORDED_A_MINUTE):
        sign_in(site, f"nobody.{number}", "wrong words entirely")
        browser.sign_in(f"somebody.{number}", "wrong words entirely")
    assert len(site.leaves()) - before <= RECORDED_A_MINUTE

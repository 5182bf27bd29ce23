"""The pages over a real node: sign-in, asking, waiting, records, and what a stranger gets."""

import re

import pytest
from browsing import CITY, HOSTILE, PASSWORD, Browser, Site, hidden, question, text_of

from lockplate.access import parse_leaf
from lockplate.evidence.proof_file import open_proof
from lockplate.operations.publishing import SMALL, PublicNumbers
from lockplate.registry.sessions import IDLE_LIFE
from lockplate.terms import PersonId, Role
from lockplate.web.doorway import COOKIE
from lockplate.web.pages.rendering import CHECK_SCRIPT, Rendering
from lockplate.web.pages.routes import HANDLERS, OPEN_TO_ANYONE

EXACT = {"plate": "7LOC842", "captured_at": "2026-11-24T08:15:02.120Z", "reader": "bridge-east", "direction": "east"}
FOLDED = {"plate": "7L0C842", "captured_at": "2026-11-24T09:15:02Z", "reader": "bridge-east"}


@pytest.fixture(scope="module")
def reads(site: Site) -> Site:
    """The node with a read of the plate and a read of its look-alike."""
    site.send_reads(EXACT | {"confidence": 93.1, "confidence_scale": "0-100"}, FOLDED)
    return site


# Who may come in


def test_pages_are_closed_unless_listed() -> None:
    """Every handler takes a visitor or a signed form, except those that the list names."""
    closed = {handler.fn.__name__ for handler in HANDLERS if {"visitor", "signed"} & handler.fn.__annotations__.keys()}
    names = {handler.fn.__name__ for handler in HANDLERS}

    assert names - closed == OPEN_TO_ANYONE


@pytest.mark.parametrize(
    "path", ["/app", "/app/ask", "/app/waiting", "/app/waiting/q1/oakmont", "/app/records", "/app/records/oakmont/0",
             "/app/readers", "/app/faults", "/app/numbers", "/app/alerts", "/app/alerts/h0"],
)  # fmt: skip
def test_a_stranger_is_sent_to_sign_in(site: Site, path: str) -> None:
    """A page for people asks who it is, and says nothing else."""
    answer = site.browser().get(path)

    assert (303, "/app/sign-in") == (answer.status_code, answer.headers["location"].partition("?")[0])


@pytest.mark.parametrize(
    "path",
    [
        "/app/ask",
        "/app/waiting/q1/oakmont",
        "/app/alerts/h0",
        "/app/alerts/h0/outcome",
        "/app/records/oakmont/0",
        "/app/records/oakmont/0/opening",
        "/app/sign-out",
        "/app/faults/acknowledge",
    ],
)
def test_a_form_without_its_token_does_nothing(site: Site, path: str) -> None:
    """A signed-in browser that another site makes send a form is refused, and nothing is recorded."""
    before = len(site.leaves())
    officer = site.person("officer.lind")

    answers = [officer.post(path, {"step": "ask"}), officer.post(path, {"step": "ask", "csrf": "0" * 64})]

    assert [403, 403] == [answer.status_code for answer in answers]
    assert before == len(site.leaves())
    assert 200 == officer.get("/app/ask").status_code


def test_signing_in_and_out(site: Site) -> None:
    """The right words open a session in a cookie that only this site's pages send; the sign-in is on record."""
    browser = site.browser()
    answer = browser.sign_in("officer.lind")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(COOKIE))

    assert (303, "/app") == (answer.status_code, answer.headers["location"])
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "/app/ask" == browser.get("/app").headers["location"]
    assert ("sign_in", "officer.lind", {"result": "signed_in"}) == tuple(
        site.leaves()[-1][name] for name in ("action", "person", "facts")
    )
    kept = dict(browser.cookies)
    assert 303 == browser.post("/app/sign-out", {"csrf": browser.csrf()}).status_code
    assert 303 == Browser(site.client, kept).get("/app/ask").status_code


def test_failures_read_the_same_and_name_nobody(site: Site) -> None:
    """Unknown name or wrong password: the same page, and the same kind of record in the log, by nobody."""
    before = len(site.leaves())
    answers = [site.browser().sign_in("auditor.roe", "wrong"), site.browser().sign_in("nobody.here", "wrong")]
    pages = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers]
    leaves = site.leaves()[before:]
    public = [{name: value for name, value in leaf.items() if name != "commitments"} for leaf in leaves]

    assert [401, 401] == [answer.status_code for answer in answers]
    assert pages[0] == pages[1]
    assert public[0] == public[1]
    assert ("-nobody", {"name"}) == (leaves[0]["person"], set(leaves[0]["commitments"]))
    recorder = site.node.desk(CITY).recorder
    assert ["auditor.roe", "not a person of this operator's agency"] == [
        recorder.details_of(before + number).values["name"] for number in (0, 1)
    ]


def test_failed_tries_cannot_fill_the_log(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit of a minute, tries are counted into a later record instead of one each."""
    monkeypatch.setattr("lockplate.operations.signing_in.RECORDED_A_MINUTE", 0)
    before = len(site.leaves())
    site.browser().sign_in("nobody.here", "wrong")
    assert before == len(site.leaves())
    monkeypatch.undo()

    site.browser().sign_in("nobody.here", "wrong")

    assert {"tries": 2} == site.leaves()[-1]["counts"]


def test_a_second_factor_is_not_skipped(site: Site) -> None:
    """Somebody with a second factor does not get in by password alone."""
    people = site.node.registries.people
    people.set_totp_secret(PersonId("officer.far"), b"secret")
    try:
        answer = site.browser().sign_in("officer.far")
    finally:
        people.set_totp_secret(PersonId("officer.far"), None)

    assert (401, True) == (answer.status_code, "second factor" in text_of(answer.text))


def test_a_sign_in_form_of_another_site_is_refused(site: Site) -> None:
    """Without the cookie that came with the form, right words open nothing."""
    answer = site.browser().post("/app/sign-in", {"form_token": "x", "name": "officer.lind", "password": PASSWORD})

    assert (403, False) == (answer.status_code, COOKIE in answer.headers.get("set-cookie", ""))


@pytest.mark.parametrize(
    "then", ["https://elsewhere.invalid", "//elsewhere.invalid", "/app/../log", "/v1/lookup", "/app/sign-in"]
)
def test_sign_in_leads_to_our_own_pages_only(site: Site, then: str) -> None:
    """Where to go afterwards cannot be another site."""
    browser = site.browser()
    page = browser.get(f"/app/sign-in?then={then}").text

    assert "/app" == hidden(page, "then")


def test_an_idle_session_is_over(site: Site) -> None:
    """After half an hour without use, the next page asks to sign in again and says why."""
    officer = site.person("officer.lind")
    assert 200 == officer.get("/app/ask").status_code
    site.clock.advance(IDLE_LIFE)

    answer = officer.get("/app/ask")

    assert (303, True) == (answer.status_code, "ended=1" in answer.headers["location"])


@pytest.mark.parametrize(("host", "secure"), [("127.0.0.1", False), ("localhost", False), ("plates.example", True)])
def test_cookies_are_for_https_except_at_home(site: Site, host: str, secure: bool) -> None:
    """Only a browser on the server's own machine gets a cookie without Secure."""
    answer = site.client.get("/app/sign-in", headers={"host": host})
    site.client.cookies.clear()

    assert secure is ("Secure" in answer.headers["set-cookie"])


# Asking


def test_an_answer_says_what_agrees_and_what_differs(reads: Site) -> None:
    """Both reads are there; the look-alike is marked, in the text and in words; the record can be proved."""
    officer = reads.person("officer.lind")
    answer = officer.post("/app/ask", question(officer))
    told = text_of(answer.text)

    assert 200 == answer.status_code
    assert "2 reads of 7LOC842" in told
    assert "7L<mark>0</mark>C842" in answer.text
    assert "Character 3: asked O, read 0." in told
    assert "93.1 of 100" in told
    assert "24 Dec 2026" in told
    receipts = [officer.get(path).text for path in re.findall(r'href="(/log/oakmont/receipt/[^"]+)"', answer.text)]
    vkey = reads.node.desk(CITY).evidence.publisher.vkey
    actions = [parse_leaf(open_proof(receipt, vkey).entry).action for receipt in receipts]
    assert ["question:outcome", "question:intent"] == actions


def test_a_hostile_name_is_only_text(reads: Site) -> None:
    """A reader's name with a script and a direction sign in it is shown as its characters, inert."""
    officer, admin = reads.person("officer.lind"), reads.person("admin.poe")
    pages = [
        officer.post("/app/ask", question(officer, reason="<img src=x onerror=alert(1)>")).text,
        admin.get("/app/readers").text,
        officer.post("/app/ask", question(officer, step="change", case_number='"><script>alert(1)</script>')).text,
    ]

    assert [] == [found for page in pages for found in re.findall(r"<script|<img src=x|\u202e", page)]
    assert all(HOSTILE.partition("\u202e")[0] in text_of(page) for page in pages[:2])


def test_a_form_sent_twice_asks_once(reads: Site) -> None:
    """A double click or a reload shows the same answer; there is one question on record."""
    officer = reads.person("officer.lind")
    fields = question(officer)
    first = officer.post("/app/ask", fields)
    before = len(reads.leaves())

    second = officer.post("/app/ask", fields)

    assert (200, first.text) == (second.status_code, second.text)
    assert before == len(reads.leaves())


def test_a_preview_leaves_no_trace(reads: Site) -> None:
    """What the gate would say is said without a record, and the form keeps what was written."""
    officer = reads.person("officer.lind")
    before = len(reads.leaves())
    answer = officer.post("/app/ask", question(officer, step="preview", purpose="immigration"))

    assert (200, before) == (answer.status_code, len(reads.leaves()))
    assert "No question is answered to enforce immigration law." in text_of(answer.text)
    assert 'value="7LOC842"' in answer.text


def test_a_denial_has_its_rule_and_is_on_record(reads: Site) -> None:
    """Immigration: denied, with the cite, nothing opened, one leaf."""
    officer = reads.person("officer.lind")
    fields = question(officer, purpose="immigration")
    before = len(reads.leaves())
    answer = officer.post("/app/ask", fields)
    leaves = reads.leaves()[before:]

    assert 403 == answer.status_code
    assert "Cal. Gov. Code 7284.6(a)(1)" in text_of(answer.text)
    assert ["question:denied"] == [leaf["action"] for leaf in leaves]
    assert "bridge" not in answer.text.lower()


@pytest.mark.parametrize(
    ("change", "field"),
    [({"plate": "--"}, "plate"), ({"plate": "7L????"}, "plate"), ({"to": "2026-11-22T00:00"}, "from"),
     ({"purpose": ""}, "purpose"), ({"operators": "elsewhere"}, "operators"), ({"reason": "x" * 2001}, "reason")],
)  # fmt: skip
def test_what_cannot_be_asked_leads_back_to_its_field(reads: Site, change: dict[str, str], field: str) -> None:
    """The form comes back filled in, says what is wrong and points at the field; nothing is recorded."""
    officer = reads.person("officer.lind")
    fields = question(officer, **change)
    before = len(reads.leaves())
    answer = officer.post("/app/ask", fields)

    assert answer.status_code in {400, 404}
    assert f'href="#field-{field}"' in answer.text
    assert f'id="field-{field}"' in answer.text
    assert 'value="26-01542"' in answer.text
    assert before == len(reads.leaves())


def test_no_plate_is_ever_in_an_address(reads: Site) -> None:
    """Asking is a POST; the same fields in an address are not read."""
    officer = reads.person("officer.lind")
    answer = officer.get("/app/ask?plate=7LOC842&step=ask")

    assert 200 == answer.status_code
    assert "7LOC842" not in answer.text
    assert "no-store" == answer.headers["cache-control"]


# Waiting


def wait_for_second(site: Site) -> str:
    """Ask something that needs a second person, and return where it waits."""
    officer = site.person("officer.lind")
    assert 202 == officer.post("/app/ask", question(officer, reason="asked for by ICE")).status_code
    own = officer.get("/app/waiting").text
    return re.findall(r'href="(/app/waiting/[^"]+)"', own[own.index("own-heading") :])[0]


def test_approved_and_taken_up_once(reads: Site) -> None:
    """A supervisor sees the question and why it waits, approves; the author takes it up, once, a reload included."""
    path = wait_for_second(reads)
    officer, sergeant = reads.person("officer.lind"), reads.person("sergeant.vale")
    seen = text_of(sergeant.get(path).text)
    assert "Found: ice" in seen
    assert "7LOC842" in seen
    decided = sergeant.post(path, {"csrf": sergeant.csrf(), "step": "approve"})
    assert (303, path) == (decided.status_code, decided.headers["location"])
    taking = {"csrf": officer.csrf(), "step": "take_up"}

    first = officer.post(path, taking)
    before = len(reads.leaves())
    second = officer.post(path, taking)

    assert "2 reads of 7LOC842" in text_of(first.text)
    assert (first.text, before) == (second.text, len(reads.leaves()))
    again = reads.person("officer.lind")
    assert 409 == again.post(path, {"csrf": again.csrf(), "step": "take_up"}).status_code


def test_nobody_decides_their_own_and_others_do_not_see_it(reads: Site) -> None:
    """The author has no button and no way; somebody of another agency sees nothing of the question."""
    path = wait_for_second(reads)
    officer, stranger = reads.person("officer.lind"), reads.person("officer.far")

    assert 'value="approve"' not in officer.get(path).text
    assert 403 == officer.post(path, {"csrf": officer.csrf(), "step": "approve"}).status_code
    foreign = stranger.get(path)
    assert (403, False) == (foreign.status_code, "7LOC842" in foreign.text)
    sergeant = reads.person("sergeant.vale")
    assert 303 == sergeant.post(path, {"csrf": sergeant.csrf(), "step": "refuse"}).status_code
    assert 409 == sergeant.post(path, {"csrf": sergeant.csrf(), "step": "approve"}).status_code
    assert 404 == sergeant.get("/app/waiting/q0/oakmont").status_code


def test_an_approval_that_would_not_help_is_told(reads: Site) -> None:
    """When the author may not ask any more, the supervisor is told so before deciding."""
    path = wait_for_second(reads)
    people = reads.node.registries.people
    people.set_roles(PersonId("officer.lind"), frozenset({Role.ADMINISTRATOR}))
    try:
        seen = text_of(reads.person("sergeant.vale").get(path).text)
    finally:
        people.set_roles(PersonId("officer.lind"), frozenset({Role.OFFICER}))

    assert "Approving would not help" in seen


# Records


def test_an_auditor_finds_and_filters(reads: Site) -> None:
    """The list is newest first, filters narrow it, and a filter that means nothing is told, not ignored."""
    officer, auditor = reads.person("officer.lind"), reads.person("auditor.roe")
    officer.post("/app/ask", question(officer, purpose="immigration"))
    rows = re.findall(r'href="/app/records/oakmont/(\d+)"', auditor.get("/app/records").text)
    denied = auditor.get("/app/records?action=question:denied&verdict=denied&person=officer.lind&day=2026-11-24").text

    assert sorted(rows, key=int, reverse=True) == rows
    assert {"Question, denied"} == set(re.findall(r'data-label="What"><div>([^<]+)', denied))
    for wrong in ("action=nothing", "day=tomorrow", "day=9999-12-31", "operator=elsewhere"):
        answer = auditor.get(f"/app/records?{wrong}")
        assert (True, True) == (answer.status_code in {400, 403, 404}, 'role="alert"' in answer.text), wrong
    assert "No record" in text_of(auditor.get("/app/records?person=no.one").text)
    assert "No record" in text_of(auditor.get("/app/records?day=2020-01-01").text)


def test_pages_of_the_list_join_up(reads: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page after page shows every record once."""
    monkeypatch.setattr("lockplate.operations.records.PAGE_RECORDS", 3)
    monkeypatch.setattr("lockplate.operations.records.CHUNK", 2)
    auditor = reads.person("auditor.roe")
    seen: list[str] = []
    query = ""
    for _ in range(len(reads.leaves())):
        page = auditor.get(f"/app/records{query}").text
        seen += re.findall(r'data-label="Record"><div><a href="/app/records/oakmont/(\d+)"', page)
        older = re.findall(r'href="(\?[^"]+)">Older', page)
        if not older:
            break
        query = older[0].replace("&amp;", "&")

    assert [str(number) for number in reversed(range(len(reads.leaves())))] == seen


def test_reading_private_details_is_a_record(reads: Site) -> None:
    """Closed until asked for; then open, with a leaf that says who read which."""
    officer, auditor = reads.person("officer.lind"), reads.person("auditor.roe")
    officer.post("/app/ask", question(officer, purpose="immigration", reason="the words"))
    place = len(reads.leaves()) - 1
    closed = auditor.get(f"/app/records/oakmont/{place}")
    opened = auditor.post(f"/app/records/oakmont/{place}", {"csrf": auditor.csrf()})
    leaf = reads.leaves()[-1]

    assert (200, False) == (closed.status_code, "7LOC842" in closed.text)
    assert all(word in text_of(opened.text) for word in ("7LOC842", "26-01542", "the words"))
    assert ("auditor.roe", place, {"what": "private_details"}, "permitted") == (
        leaf["person"],
        leaf["refers_to"],
        leaf["facts"],
        leaf["verdict"],
    )


@pytest.mark.parametrize("name", ["officer.lind", "admin.poe", "officer.far"])
def test_only_auditors_read_records(reads: Site, name: str) -> None:
    """Everyone else is told the rule; a try at private details is itself on record as denied."""
    person = reads.person(name)
    before = len(reads.leaves())

    assert [403, 403] == [person.get(path).status_code for path in ("/app/records", "/app/records/oakmont/0")]
    tried = person.post("/app/records/oakmont/0", {"csrf": person.csrf()})
    leaves = reads.leaves()[before:]

    assert 403 == tried.status_code
    assert [(name, "denied", 0)] == [(leaf["person"], leaf["verdict"], leaf["refers_to"]) for leaf in leaves]


def test_a_record_without_details_says_so(reads: Site) -> None:
    """A record that has no private details offers no button, and a forged press finds nothing."""
    auditor = reads.person("auditor.roe")
    place = next(number for number, leaf in enumerate(reads.leaves()) if "commitments" not in leaf)

    assert "This record has none." in text_of(auditor.get(f"/app/records/oakmont/{place}").text)
    assert 404 == auditor.post(f"/app/records/oakmont/{place}", {"csrf": auditor.csrf()}).status_code
    assert 404 == auditor.get("/app/records/oakmont/999999").status_code


# Readers, public, errors


def test_an_administrator_sees_readers(reads: Site) -> None:
    """The administrator sees the reader's state; an officer is told the rule."""
    assert "Too little history yet" in text_of(reads.person("admin.poe").get("/app/readers").text)
    assert 403 == reads.person("officer.lind").get("/app/readers").status_code


def test_the_public_page_counts_what_the_checkpoint_covers(reads: Site) -> None:
    """Numbers come from the signed part of the log: a new question shows once a checkpoint covers it."""
    numbers = PublicNumbers()
    officer = reads.person("officer.lind")
    reads.node.publish()
    before = numbers.page(reads.node).operators[0]
    officer.post("/app/ask", question(officer, purpose="immigration"))
    unpublished = numbers.page(reads.node).operators[0]
    reads.node.publish()
    after = numbers.page(reads.node).operators[0]
    fresh = PublicNumbers().page(reads.node).operators[0]

    def denied(operator: object) -> int:
        return next(line.denied for line in operator.purposes if line.purpose == "immigration")  # type: ignore[attr-defined]

    assert (denied(before), denied(before) + 1) == (denied(unpublished), denied(after))
    assert (after.purposes, after.denials) == (fresh.purposes, fresh.denials)
    counted = [leaf for leaf in reads.leaves() if leaf["action"] == "question:denied"]
    assert len(counted) == sum(line.denied for line in after.purposes)


def test_small_counts_are_not_told(reads: Site) -> None:
    """Days with fewer than ten reads are told as that, zero too, and today is not told at all."""
    reads.send_reads(
        *({"plate": f"3ABC{n:03}", "captured_at": "2026-11-22T10:00:00Z", "reader": "bridge-east"} for n in range(10))
    )
    reads.send_reads(
        *({"plate": f"4ABC{n:03}", "captured_at": "2026-11-21T10:00:00Z", "reader": "bridge-east"} for n in range(9))
    )
    days = {str(day.day): day.reads for day in PublicNumbers().page(reads.node).operators[0].days}

    assert [f"2026-11-{number}" for number in range(17, 24)] == list(days)
    assert (10, None, None) == (days["2026-11-22"], days["2026-11-21"], days["2026-11-20"])


def test_the_public_page_is_for_anyone(reads: Site) -> None:
    """No sign-in; the law profile and that nobody verified it; the way to check; no person's name."""
    answer = reads.browser().get("/")
    told = text_of(answer.text)

    assert 200 == answer.status_code
    for words in ("us-ca", "Not verified by a person.", "lockplate log verify", "No grant was ever made",
                  "At most 30 days from storage"):  # fmt: skip
        assert words in told
    assert not any(name in answer.text for name in ("officer.lind", "auditor.roe", "7LOC842"))


def test_the_script_of_the_check_is_served_from_here(reads: Site) -> None:
    """One module, at an address that changes with its content; the page allows no other script."""
    page = reads.browser().get("/")
    addresses = re.findall(r"<script[^>]*>", page.text)
    if not addresses:
        pytest.skip("NO SCRIPT: islands/ was not built (make islands), the served script was not tried")
    (address,) = re.findall(r'src="(/static/verify\.js\?v=[0-9a-f]{12})"', "".join(addresses))
    served = reads.browser().get(address)

    assert 1 == len(addresses)
    assert (200, "text/javascript; charset=utf-8") == (served.status_code, served.headers["content-type"])
    assert "immutable" in served.headers["cache-control"]
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "<script" not in reads.person("officer.lind").get("/app/ask").text


def test_a_server_without_the_script_says_so(reads: Site) -> None:
    """Not built: no script is asked for, and the page says that nothing was checked and what does the same."""
    rendering = Rendering()
    assets = rendering._environment.globals["asset"]
    assert isinstance(assets, dict)
    assets.pop(CHECK_SCRIPT, None)
    page = PublicNumbers().page(reads.node)
    text = rendering.text("public.html", visitor=None, page=page, small=SMALL)

    assert "<script" not in text
    assert "this server was installed without the check's script" in text_of(text)
    assert "lockplate log verify checkpoint --key vkey" in text


def test_the_law_page_says_who_decided_each_value(reads: Site) -> None:
    """No sign-in; every field in force with its cite and source, and that nobody verified it."""
    answer = reads.browser().get("/law")
    told = text_of(answer.text)

    assert 200 == answer.status_code
    for words in (
        "us-ca",
        "Not verified by a person.",
        "1798.90.52(a)",
        "share.out_of_state",
        "Lockplate default; not law",
    ):
        assert words in told.replace("\u200b", ""), words


@pytest.mark.parametrize(
    ("path", "status"), [("/app/nowhere", 404), ("/static/../conftest.py", 404), ("/static/no.css", 404), ("/app/records/oakmont/x", 404)]
)  # fmt: skip
def test_errors_are_pages_with_the_same_guard(site: Site, path: str, status: int) -> None:
    """An error page names no file and carries the headers that every page carries."""
    answer = site.person("auditor.roe").get(path)

    assert status == answer.status_code
    if answer.headers["content-type"].startswith("text/html"):
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_every_page_is_guarded(site: Site) -> None:
    """Pages, redirects and refusals forbid script and framing, and stay out of caches."""
    officer = site.person("officer.lind")
    answers = [
        officer.get("/app/ask"),
        officer.get("/app"),
        officer.get("/app/records"),
        site.browser().get("/app/ask"),
        site.browser().get("/app/sign-in"),
        officer.post("/app/ask", {}),
    ]

    assert {"no-store"} == {answer.headers.get("cache-control") for answer in answers}
    assert {"DENY"} == {answer.headers.get("x-frame-options") for answer in answers}
    assert all("script-src 'self'" in answer.headers["content-security-policy"] for answer in answers)


def test_a_body_that_is_no_form_is_refused(site: Site) -> None:
    """JSON, broken text and bodies beyond any form's size are errors of the caller."""
    headers = {"cookie": f"{COOKIE}={site.person('officer.lind').cookies[COOKIE]}"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    bodies = [
        ({"content-type": "application/json"}, b"{}", 400),
        (form, b"plate=%ff", 400),
        (form, b"&".join([b"a=1"] * 500), 400),
        (form, b"a=" + b"x" * 70_000, 413),
    ]

    assert [status for _, _, status in bodies] == [
        site.client.post("/app/ask", content=body, headers=headers | kind).status_code for kind, body, _ in bodies
    ]


# Findings


def test_an_auditor_sees_how_many_findings_are_new_and_the_records_behind_each(reads: Site) -> None:
    """A number beside the link until the page was looked at; each row leads to its record; others are not let in."""
    officer, auditor = reads.person("officer.lind"), reads.person("auditor.roe")
    assert 403 == officer.post("/app/ask", question(officer, purpose="immigration")).status_code
    place = len(reads.leaves()) - 1

    assert re.search(r"Findings\s+\d+ new", text_of(auditor.get("/app/records").text))
    seen = auditor.get("/app/findings")
    assert (200, True) == (seen.status_code, f'href="/app/records/oakmont/{place}"' in seen.text)
    assert 200 == auditor.get(f"/app/records/oakmont/{place}").status_code
    assert "Who asked, or would have granted, for a purpose that is never answered" in text_of(seen.text)
    assert not re.search(r"\d+ new", text_of(auditor.get("/app/records").text))

    assert 403 == officer.get("/app/findings").status_code
    assert "Findings" not in text_of(officer.get("/app/ask").text)


def test_the_list_of_words_is_on_the_public_page(site: Site) -> None:
    """Anyone can read which words want a second person, and why."""
    page = text_of(site.browser().get("/").text)
    for word in site.node.gate.suggestive.shipped:
        assert word.why in page

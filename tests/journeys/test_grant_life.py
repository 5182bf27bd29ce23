"""The life of a grant as docs/sharing.md tells it: nothing, proposed, approved, answered, revoked, denied."""

import hashlib
import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from running import Home, lookup_words

NOW = datetime.now(UTC).replace(microsecond=0)
START, END = ((NOW + timedelta(hours=hours)).isoformat() for hours in (-6, 1))
UNTIL = (NOW + timedelta(days=90)).isoformat()
PAPER = "Quarry Police will use no answer for what the law bars.\r\nThe invented chief, ÄÖÜ\n"
DIGEST = hashlib.sha256(PAPER.encode()).hexdigest()
PLATE, CASE = "7ONE111", "26-0815"


@pytest.fixture(scope="module")
def node(home: Home) -> Home:
    """A node of one operator with its people, the police next door with theirs, and one read."""
    home.json("init", "--operator", "pine", "--profile", "us-ca")
    home.json("agency", "add", "quarry", "--name", "Quarry Police", "--kind", "municipal", "--state", "CA")
    for person, agency, role in (
        ("ada", "pine", "administrator"), ("sam", "pine", "supervisor"), ("uma", "pine", "auditor"),
        ("quinn", "quarry", "officer"), ("quill", "quarry", "supervisor"),
    ):  # fmt: skip
        home.json("user", "add", person, "--agency", agency, "--role", role, "--no-password")
    home.json("reader", "add", "bridge", "--name", "Bridge, eastbound")
    at = (NOW - timedelta(minutes=20)).isoformat()
    (home.folder / "reads.ndjson").write_text(json.dumps({"plate": PLATE, "captured_at": at, "reader": "bridge"}))
    assert 1 == home.json("ingest", "reads.ndjson")["imported"]
    (home.folder / "declaration.txt").write_bytes(PAPER.encode())
    return home


def asked(node: Home, *more: str, code: int) -> tuple[str, list[str], list[str]]:
    """Ask as the grantee's officer; return the decision, the plates read and the policies that decided."""
    answer = node.json(*lookup_words(PLATE, "pine", "quinn", START, END, *more), code=code)
    (part,) = answer["operators"]
    return answer["decision"], [read["as_read"] for read in answer["reads"]], part["policy_ids"]


def line(node: Home) -> tuple[Any, ...]:
    """Return what the only line of the register says."""
    (one,) = node.json("grant", "register")
    assert ("Quarry Police", "municipal", "CA") == tuple(one[f"grantee_{what}"] for what in ("name", "kind", "state"))
    said = ("grantee", "state", "purposes", "readers", "for_case", "instrument", "instrument_hash")
    assert CASE not in json.dumps(one)
    return (*(one[name] for name in said), one["paper_withdrawn_at"] is not None, one["revoked_at"] is not None)


def test_a_grant_from_nothing_to_its_end(node: Home) -> None:
    """The register is empty, then says what is answered, then that it is over; the questions agree each time."""
    assert [] == node.json("grant", "register")
    assert ("denied", [], ["grant-required"]) == asked(node, code=3)

    proposed = node.json(
        "grant", "propose", "--to", "quarry", "--purpose", "felony_investigation", "--until", UNTIL, "--case", CASE,
        "--instrument", "declaration", "--paper", "declaration.txt", "--as", "ada",
    )  # fmt: skip
    grant = proposed["grant"]["grant"]
    assert ("proposed", DIGEST, True) == (
        proposed["state"],
        proposed["grant"]["instrument_hash"],
        proposed["grant"]["paper_here"],
    )
    assert CASE not in json.dumps(proposed)
    assert [] == node.json("grant", "register")
    assert ("denied", [], ["grant-required"]) == asked(node, code=3)

    refused = node.json("grant", "approve", grant, "--as", "ada", code=3)
    assert ["floor-own-grant"] == [reason["policy_id"] for reason in refused["reasons"]]
    assert "in_force" == node.json("grant", "approve", grant, "--as", "sam")["state"]

    during = ("quarry", "in_force", ["felony_investigation"], None, True, "declaration", DIGEST)
    assert (*during, False, False) == line(node)
    assert ("permitted", [PLATE], ["ask-granted-agency"]) == asked(node, code=0)
    assert ("denied", [], ["grant-case"]) == asked(node, "--case", "26-0816", code=3)
    assert ("denied", [], ["grant-purpose"]) == asked(node, "--purpose", "stolen_vehicle", code=3)

    paper = node.json("grant", "paper", grant, "--as", "uma")
    assert (PAPER, CASE, None) == (paper["text"], paper["case_number"], paper["withdrawn_at"])
    node.json("grant", "paper", grant, "--as", "quill", code=3)
    for words in ("declaration, kept here", "in_force"):
        assert words in node.run("grant", "list", "--as", "uma").stdout

    with node.serve() as server, server.client() as anyone:  # the same commands, now over HTTP
        node.json("grant", "withdraw-paper", grant, "--as", "quinn", code=3)
        node.json("grant", "withdraw-paper", grant, "--as", "quill")
        assert (*during, True, False) == line(node)
        assert PAPER == node.json("grant", "paper", grant, "--as", "sam")["text"]
        assert "declaration, withdrawn" in node.run("grant", "list", "--as", "uma").stdout
        # California wants no declaration inside the state: the grant itself still stands
        assert "permitted" == asked(node, code=0)[0]

        page = anyone.get("/").text
        for words in ("Quarry Police", ", CA</span>", "in one case only", "in force", DIGEST, "<br>withdrawn"):
            assert words in page
        assert not [words for words in (CASE, PAPER[:30], "ada", "quill") if words in page]

        assert "revoked" == node.json("grant", "revoke", grant, "--as", "sam")["state"]

        assert ("denied", [], ["grant-required"]) == asked(node, code=3)
    after = ("quarry", "revoked", ["felony_investigation"], None, True, "declaration", DIGEST, True, True)
    assert after == line(node)
    assert node.json("fsck")["clean"]


def test_papers_that_are_refused(node: Home) -> None:
    """No such file, neither UTF-8 nor PDF, too long, another hash than the one given: exit 2, in words, and no proposal is made."""
    (node.folder / "scan.tiff").write_bytes(b"II*\x00 \xff\xfe")
    (node.folder / "long.txt").write_text("x" * (256 * 1024 + 1))
    before = len(node.json("grant", "list", "--as", "uma"))
    for file, more, code in (
        ("none.txt", (), "unreadable_file"),
        ("scan.tiff", (), "bad_text"),
        ("long.txt", (), "paper_too_long"),
        ("declaration.txt", ("--instrument-hash", "ab" * 32), "paper_differs"),
    ):
        told = node.json(
            "grant", "propose", "--to", "quarry", "--purpose", "stolen_vehicle", "--until", UNTIL,
            "--instrument", "attestation", "--paper", file, *more, "--as", "ada", code=2,
        )  # fmt: skip
        assert code == told["error"], file
    assert before == len(node.json("grant", "list", "--as", "uma"))


@pytest.mark.parametrize("served", [False, True])
def test_a_paper_may_be_a_pdf(node: Home, *, served: bool) -> None:
    """Kept byte for byte, hashed as the file is, and written out again to a new file only; served or not."""
    pdf = b"%PDF-1.7\n\xe2\xe3\xcf\xd3 invented\n%%EOF\n" + bytes([served])
    (node.folder / "signed.pdf").write_bytes(pdf)
    with node.serve() if served else nullcontext():
        grant = node.json(
            "grant", "propose", "--to", "quarry", "--purpose", "stolen_vehicle", "--until", UNTIL,
            "--instrument", "attestation", "--paper", "signed.pdf", "--as", "ada",
        )["grant"]  # fmt: skip
        assert (hashlib.sha256(pdf).hexdigest(), True) == (grant["instrument_hash"], grant["paper_here"])
        copy = f"copy-{served}.pdf"
        assert "A PDF" in node.run("grant", "paper", grant["grant"], "--as", "uma", "--save", copy).stdout
        assert pdf == (node.folder / copy).read_bytes()
        again = node.json("grant", "paper", grant["grant"], "--as", "uma", "--save", copy, code=2)
        assert "unwritable_file" == again["error"]


def test_the_case_and_the_paper_lie_nowhere_in_the_clear(node: Home) -> None:
    """No file of the node holds the number or the text."""
    files = [path for path in node.path.rglob("*") if path.is_file()]
    assert len(files) > 5
    found = [path.name for path in files for word in ("26-0815", PAPER[:30]) if word.encode() in path.read_bytes()]
    assert [] == found

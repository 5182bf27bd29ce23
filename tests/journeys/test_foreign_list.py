"""Another agency's list as docs/foreign-lists.md tells it: proposed, accepted, a hit that names the owner, ended, nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from running import Home, Server

NOW = datetime.now(UTC).replace(microsecond=0)
UNTIL = (NOW + timedelta(days=90)).isoformat()
EXPIRES = (NOW + timedelta(days=200)).isoformat()
LISTED, OTHER = "7FRN417", "4QRT902"
PAPER = "Memorandum 26-3 with Quarry Police"
NOTE = "entries are checked by their desk each Monday"
REASON = "taken from a driveway in Quarry"


@pytest.fixture(scope="module")
def node(home: Home) -> Home:
    """A node of one operator with its people, the police next door with theirs, and one reader."""
    home.json("init", "--operator", "pine", "--profile", "us-ca")
    home.json("agency", "add", "quarry", "--name", "Quarry Police", "--kind", "municipal", "--state", "CA")
    for person, agency, role in (
        ("ada", "pine", "administrator"), ("sam", "pine", "supervisor"), ("olga", "pine", "officer"),
        ("uma", "pine", "auditor"), ("quill", "quarry", "supervisor"),
    ):  # fmt: skip
        home.json("user", "add", person, "--agency", agency, "--role", role, "--no-password")
    (home.folder / "quarry.csv").write_text(
        "plate,region,category,reason,expires\n"
        f"{LISTED},US-CA,stolen_vehicle,{REASON},{EXPIRES}\n{OTHER},US-CA,stolen_vehicle,{REASON},{EXPIRES}\n"
    )
    return home


@pytest.fixture(scope="module")
def key(node: Home) -> str:
    return str(node.json("reader", "add", "bridge", "--name", "Bridge, eastbound")["key"])


@pytest.fixture(scope="module")
def server(node: Home, key: str) -> Iterator[Server]:
    """The node, served: every command below goes to it."""
    assert key
    with node.serve() as running:
        yield running


def add_list(node: Home, code: int = 0) -> Any:
    return node.json(
        "hotlist", "add", "Quarry, stolen", "--category", "stolen_vehicle", "--source", "their weekly file",
        "--basis", "memorandum 26-3", "--owner", "quarry", "--as", "ada", code=code,
    )  # fmt: skip


def passes(server: Server, key: str, plate: str) -> int:
    """Let a car pass the reader now, and return how many hits there are since the start."""
    message = {"plate": plate, "region": "US-CA", "captured_at": datetime.now(UTC).isoformat()}
    with server.client(**{"x-reader-key": key}) as reader:
        told = reader.post(
            "/v1/reads", content=json.dumps(message) + "\n", headers={"content-type": "application/x-ndjson"}
        )
    assert (200, 1) == (told.status_code, told.json()["accepted"]), told.text
    return len(hits(server))


def hits(server: Server) -> list[dict[str, Any]]:
    """Return the hits as an officer sees them."""
    with server.client(authorization=f"Bearer {server.run_token}", **{"x-lockplate-person": "olga"}) as client:
        return list(client.post("/v1/hits/list", content="{}").json()["hits"])


def standing(node: Home) -> tuple[Any, ...]:
    (line,) = node.json("hotlist", "list", "--as", "olga")
    return tuple(line["standing"][name] for name in ("state", "foreign_owner", "entries", "waiting"))


def test_from_a_proposal_to_a_hit_that_names_the_owner_to_the_end(node: Home, server: Server, key: str) -> None:
    """Nothing before the grant, nothing before the acceptance, one hit, and nothing after the end; the page says it all."""
    refused = add_list(node, code=3)
    assert ["floor-foreign-list-without-grant"] == [reason["policy_id"] for reason in refused["reasons"]]
    assert [] == node.json("hotlist", "grant", "register")

    proposed = node.json(
        "hotlist", "grant", "propose", "--of", "quarry", "--category", "stolen_vehicle", "--until", UNTIL,
        "--instrument", PAPER, "--note", NOTE, "--as", "ada",
    )  # fmt: skip
    grant = proposed["list_grant"]["list_grant"]
    assert "proposed" == proposed["state"]
    node.json("hotlist", "grant", "accept", grant, "--as", "ada", code=3)
    add_list(node, code=3)
    accepted = node.json("hotlist", "grant", "accept", grant, "--as", "sam", "--receipt", "accepted.tlog-proof")
    assert "in_force" == accepted["state"]
    assert (node.folder / "accepted.tlog-proof").exists()
    assert [NOTE] == [line["note"] for line in node.json("hotlist", "grant", "list", "--as", "uma")]

    list_id = add_list(node)["hot_list"]["list_id"]
    content = json.dumps({"list_id": list_id, "content": (node.folder / "quarry.csv").read_text()})
    headers = {"authorization": f"Bearer {server.run_token}", "x-lockplate-person": "ada"}
    with server.client(**headers) as client:
        assert 2 == client.post("/v1/hotlist/import", content=content).json()["added"]
    assert ("fresh", "quarry", 0, 2) == standing(node)
    assert 0 == passes(server, key, LISTED)

    shown = node.json("hotlist", "entries", list_id, "--waiting", "--as", "sam")
    assert {(LISTED, "quarry", True), (OTHER, "quarry", True)} == {
        (one["plate_text"], one["owner_agency"], one["waiting"]) for one in shown["entries"]
    }
    entry = next(one["entry_id"] for one in shown["entries"] if one["plate_text"] == LISTED)
    node.json("hotlist", "entries", list_id, "--as", "olga", code=3)
    took = node.json("hotlist", "accept", list_id, "--entry", entry, "--as", "sam")
    assert (1, 1) == (took["accepted"], took["waiting"])
    told = node.run("hotlist", "entries", list_id, "--as", "sam").stdout
    for words in (LISTED, "(foreign)", "WAITS", "accepted"):
        assert words in told

    assert (1, 1) == (passes(server, key, LISTED), passes(server, key, OTHER))
    (hit,) = hits(server)
    assert ("quarry", LISTED, REASON) == tuple(
        hit["details"][name] for name in ("foreign_owner", "plate_text", "reason")
    )

    with server.client() as anyone:
        page = anyone.get("/").text
        for words in (
            "Whose lists are matched here",
            "Quarry Police",
            "Stolen vehicle",
            PAPER,
            "1 matched",
            "1 not accepted",
        ):
            assert words in page
        assert not [words for words in (LISTED, OTHER, NOTE, REASON, "ada", "quill") if words in page]

        assert "revoked" == node.json("hotlist", "grant", "end", grant, "--as", "quill")["state"]

        assert 1 == passes(server, key, LISTED)
        page = anyone.get("/").text
        assert "none matched" in page
        assert "<br>ended" in page
    assert ("grant_over", "quarry", 0, 2) == standing(node)
    assert "GRANT" in node.run("hotlist", "list", "--as", "olga").stdout
    (line,) = node.json("hotlist", "grant", "register")
    assert ("revoked", 0, True) == (line["state"], line["entries"], line["ended_at"] is not None)
    denied = node.json("hotlist", "accept", list_id, "--all", "--as", "sam", code=3)
    assert ["floor-foreign-list-without-grant"] == [reason["policy_id"] for reason in denied["reasons"]]


def test_the_log_has_it_all_and_no_plate(node: Home, server: Server) -> None:
    """fsck finds nothing; neither plate, note nor reason stands in any file of the node, or in what the server printed."""
    assert server.process.poll() is None
    assert node.json("fsck")["clean"]
    files = [path for path in (*node.path.rglob("*"), server.output) if path.is_file()]
    assert len(files) > 5
    found = [
        path.name for path in files for word in (LISTED, OTHER, NOTE, REASON) if word.encode() in path.read_bytes()
    ]
    assert [] == found

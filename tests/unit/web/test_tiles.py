"""The log over HTTP, as a program that is not ours and takes tlog-tiles by its words would ask for it."""

import gzip
from collections.abc import Iterator

import httpx
import pytest
from browsing import CITY, Site

from lockplate.web.tiles import takes_gzip

ENTRIES = [f'{{"n":{number}}}'.encode() for number in range(600)]


@pytest.fixture(scope="module")
def log(site: Site) -> Iterator["Log"]:
    evidence = site.node.desk(CITY).evidence
    evidence.log.append(ENTRIES[evidence.log.size :])
    evidence.publisher.publish()
    return Log(site, evidence.log.size)


class Log:
    def __init__(self, site: Site, size: int) -> None:
        self.site, self.size = site, size

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.site.client.get(f"/log/{CITY}/{path}", headers={"accept-encoding": "identity"} | headers)


def test_each_part_says_what_it_is(log: Log) -> None:
    """The types that the specification sets, and nothing that would make anyone wait for a newer one or ask again."""
    checkpoint, vkey = log.get("checkpoint"), log.get("vkey")
    parts = [log.get(path) for path in ("tile/0/000", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/88")]

    assert {"text/plain; charset=utf-8"} == {answer.headers["content-type"] for answer in (checkpoint, vkey)}
    assert {"no-cache"} == {answer.headers["cache-control"] for answer in (checkpoint, vkey)}
    assert {200} == {answer.status_code for answer in parts}
    assert {"application/octet-stream"} == {answer.headers["content-type"] for answer in parts}
    assert {"public, max-age=31536000, immutable"} == {answer.headers["cache-control"] for answer in parts}
    assert {"*"} == {answer.headers["access-control-allow-origin"] for answer in (checkpoint, vkey, *parts)}
    assert [8192, 64] == [len(answer.content) for answer in parts[:2]]


def test_every_width_that_was_ever_published_is_there(log: Log) -> None:
    """Partial tiles and bundles of a checkpoint that somebody kept, also once the full ones are there; each a start of it."""
    full, bundle = log.get("tile/0/000").content, log.get("tile/entries/000").content
    for width in (1, 44, 255):
        assert full[: 32 * width] == log.get(f"tile/0/000.p/{width}").content
        assert bundle.startswith(log.get(f"tile/entries/000.p/{width}").content)
    assert 32 == len(log.get("tile/1/000.p/1").content)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/002", "tile/0/002.p/89", "tile/0/003.p/1", "tile/1/000", "tile/1/000.p/3", "tile/2/000.p/1", "tile/entries/002",
        "tile/entries/002.p/89", "tile/entries/x001/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/300", "tile/0/000.p/01",
        "tile/0/000.p/-1", "tile/0/000.p/", "tile/0/0", "tile/0/0000", "tile/0/x000/000", "tile/0/001/x000", "tile/00/000",
        "tile/64/000", "tile/-1/000", "tile/data/000", "tile/entries/00a", "tile/8/0/000", "tile/0", "tile/0/000.p/1.p/1",
        "tile/entries/000.p/٣", "tile/0/+00", "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404_and_not_kept(log: Log, path: str) -> None:
    """Wrong widths, other spellings, tiles to come: not found, and no cache on the way may remember that."""
    answer = log.get(path)

    assert 404 == answer.status_code
    assert "no-store" == answer.headers["cache-control"]


def test_a_bundle_is_packed_for_who_takes_gzip(log: Log) -> None:
    """Entries are text and pack well; hashes do not and are never packed; caches keep both forms apart."""
    with log.site.client.stream(
        "GET", f"/log/{CITY}/tile/entries/001", headers={"accept-encoding": "gzip, identity"}
    ) as answer:
        packed = b"".join(answer.iter_raw())
    plain = log.get("tile/entries/001")

    assert "gzip" == answer.headers["content-encoding"]
    assert plain.content == gzip.decompress(packed)
    assert str(len(packed)) == answer.headers["content-length"]
    assert len(packed) < len(plain.content) / 2
    assert "content-encoding" not in plain.headers
    assert {"accept-encoding"} == {one.headers["vary"] for one in (answer, plain)}
    tile = log.get("tile/0/001", **{"accept-encoding": "gzip"})
    assert "content-encoding" not in tile.headers
    assert 8192 == len(tile.content)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", False), ("identity", False), ("gzip", True), ("GZIP", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False),
        ("gzip ; q=0.000", False), ("gzip;q=1", True), ("br;q=1.0, gzip;q=0.8, *;q=0.1", True), ("xgzip", False), ("*", False),
        ("gzip;q=", False),
    ],
)  # fmt: skip
def test_who_takes_gzip(accepted: str, *, expected: bool) -> None:
    """Only who names it, and does not refuse it by a weight of nothing."""
    assert expected == takes_gzip(accepted)

"""Mutating: a valid sample made hostile, by its own structure where it has one. One random source decides everything.

Used by hypothesis (test_parsers.py) and as the custom mutator of atheris (fuzz.py); loaded by conftest.py, since tests
are no package.
"""

import gzip
import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

DEEP = 3000
MAX_BYTES = 200_000
BOMB_BYTES = 1_000_000
WORDS = (
    b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\x1f\x8b\x08\0", b"PAR1",
    b"NaN", b"-Infinity", b"1e400", b"-0", b"1e-400", b"9" * 20, b"9" * 320, b"9" * 5000, b"0x10", b"1_0", b"0o7", b"190:20:30",
    b"-1", b"2147483648", b"18446744073709551616", b"1.", b"\\ud800", b"\\udc00\\ud800", b"\\u0000", b"%00", b"%ED%A0%80",
    b"null", b"true", b"[]", b"{}", b'""', b"[[[[", b"}}}}", b'"', b"'", b"\\", b"/*", b"*/", b"//", b"<!--", b"]]>",
    b"<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]>", b"<!ENTITY x SYSTEM 'file:///etc/hostname'>", b"&#0;", b"&#xD800;",
    b"&lt;", b"<?xml version='1.0' encoding='utf-7'?>", b"xmlns:a=''", b"<a>", b"</a>", b"<![CDATA[", b"\r\n", b"\r", b"\n\n", b"\t",
    b"--cut", b"--", b"Content-Type: text/plain\r\n\r\n", b"boundary=", b";", b",", b"|", b"=", b"&", b"+", b":", b" ", b"- ",
    b"*a", b"&a ", b"!!python/object:os.system ", b"!!int ", b"!!timestamp ", b"!!binary ", b"!!set ", b"<<: ", b"? ", b"%YAML 9.9\n---\n",
    b"2026-13-01", b"0000-00-00", b"9999-12-31T23:59:60+14:00", b"0001-01-01T00:00:00+14:00", b"2026-02-29", b"T", b"Z", b"+99:99",
    "АВС".encode(), "ﷺ".encode() * 9, "\u202e".encode(), "e\u0301\u0301".encode(), "ǰ".encode(), "\u2028".encode(), "１２".encode(), "\U0001f600".encode(),
    "— ".encode(), b"old ", b"index ", b"extra ", b"tile/", b"x000/", b".p/256", b"c2sp.org/tlog-proof@v1", b"permit(", b"forbid(", b"@id(",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**300, 0.5, 1e308, -0.0, 5e-324, "", "\0", " ", "x" * 41,
    "x" * 5000, "9" * 5000, "\u202e", "é" * 60, "АВС123", "?" * 41, "2026-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "1e400", "NaN", "//", "data:image/jpeg;base64,AAAA", "../../x", [], {}, [[]], [{}], {"": None}, [None] * 300, {"a": {"b": {"c": []}}},
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_.-]*")


def mutate(data: bytes, chance: random.Random, others: Sequence[bytes] = ()) -> bytes:
    """Return a sample after one to four hostile changes, at most 200,000 bytes long."""
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(STEPS)(data, chance, others)[:MAX_BYTES]
    return data


def bombs(seed: bytes) -> tuple[bytes, ...]:
    """Return large inputs of the kinds that make parsers slow: a sample repeated, deep, wide, long, packed, half open."""
    half = len(seed) // 2
    return (
        seed * (BOMB_BYTES // max(1, len(seed))),
        (seed + b"\n") * (BOMB_BYTES // (len(seed) + 1)),
        *(seed[:half] + opening * (BOMB_BYTES // 4 // len(opening)) + seed[half:] for opening in (b"[", b'{"a":', b"<a>", b"- ", b"(", b'"', b"&a;", b"\n", b",")),
        seed[:half] + b"9" * (BOMB_BYTES // 4) + seed[half:],
        seed[:half] + b"<!DOCTYPE a [" + b"".join(b"<!ENTITY e%d '&e%d;&e%d;'>" % (n + 1, n, n) for n in range(60)) + b"]>&e60;" + seed[half:],
        gzip.compress(seed + b"\n" + b"a,b\n" * 500_000, mtime=0),
        b"",
    )  # fmt: skip


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randint(0, len(data))


def _span(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = _place(data, chance)
    return start, min(len(data), start + chance.choice((1, 2, 4, 16, 64, 1024)))


def _flip(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return b"\0"
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _insert(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at, word = _place(data, chance), chance.choice(WORDS)
    return data[:at] + word * chance.choice((1, 1, 1, 2, 50)) + data[at:]


def _delete(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def _repeat(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    return data[:end] + data[start:end] * chance.choice((1, 3, 300)) + data[end:]


def _cut(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    return data[: _place(data, chance)]


def _splice(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others) if others else data
    return data[: _place(data, chance)] + other[_place(other, chance) :]


def _line(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """Take a line away, double it, or put another's place on it."""
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    match chance.randrange(3):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[at])
        case _:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
    return b"\n".join(lines)


def _swap_word(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """Put a hostile word where a number or a name stands."""
    found = list((_NUMBER if chance.random() < 0.5 else _WORD).finditer(data))
    if not found:
        return data
    at = chance.choice(found)
    return data[: at.start()] + chance.choice(WORDS) + data[at.end() :]


def _nest(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """Put a part of the sample deep inside brackets, tags or indents that may never end."""
    start, end = _span(data, chance)
    opening, closing = chance.choice(
        ((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"(", b")"), (b"- ", b""), (b"{a: ", b"}"))
    )
    depth = chance.choice((3, 40, 70, DEEP))
    return data[:start] + opening * depth + data[start:end] + closing * chance.choice((0, depth)) + data[end:]


def _json(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """Change one place of a JSON value, when the sample holds one: another type, a doubled key, a value gone."""
    start = min((at for at in (data.find(b"{"), data.find(b"[")) if at >= 0), default=-1)
    if start < 0:
        return data
    try:
        value, length = json.JSONDecoder().raw_decode(data[start:].decode())
    except (ValueError, RecursionError):
        return data
    end = start + len(data[start:].decode()[:length].encode())
    holders = list(_holders(value))
    if not holders:
        return data
    holder = chance.choice(holders)
    key = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
    match chance.randrange(4):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key]] * chance.choice((1, 2, 500))
        case _:
            holder[key] = chance.choice(VALUES)
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.2:
        text = re.sub(r'("\w+": )', lambda match: f"{match[1]}0, {match[1]}", text, count=1)
    return data[:start] + text.encode("utf-8", "surrogatepass") + data[end:]


def _holders(value: Any) -> list[Any]:
    """Return every object and list in a value that holds something."""
    found: list[Any] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list) and one:
            found.append(one)
            waiting += one.values() if isinstance(one, dict) else one
    return found


STEPS: tuple[Callable[[bytes, random.Random, Sequence[bytes]], bytes], ...] = (
    _flip, _insert, _delete, _repeat, _cut, _splice, _line, _swap_word, _swap_word, _nest, _json, _json, _json,
)  # fmt: skip

"""Loading: what is well formed comes out as it stands, and each fault is refused with file, field and next step."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import BadInput, NotFound, SettingRefused
from lockplate.law.loading import MAX_FILE_BYTES, ProfileRefused, load_profiles, parse_profiles
from lockplate.law.local import parse_local_text
from lockplate.law.profile import LawProfile
from lockplate.law.profiles import Profiles
from lockplate.law.words import Share, Span, Unit
from lockplate.terms import ProfileId

ZZ = ProfileId("us-zz")
Change = Callable[[dict[str, Any]], object]
Load = Callable[..., tuple[LawProfile, ...]]

CITED = {"cite": "Zz. Code 2", "mark": "found"}
OURS = {"cite": "ours", "mark": "ours"}


def _put(path: str, value: object) -> Change:
    """Return a change that puts a value at a dotted path, making the sections on the way."""

    def change(version: dict[str, Any]) -> None:
        *sections, last = path.split(".")
        for section in sections:
            version = version.setdefault(section, {})
        version[last] = value

    return change


def _drop(path: str) -> Change:
    def change(version: dict[str, Any]) -> None:
        *sections, last = path.split(".")
        for section in sections:
            version = version[section]
        del version[last]

    return change


FAULTS: list[tuple[str, str, Change]] = [
    ("unknown section", "versions[0]", _put("retentoin", {})),
    ("unknown field", "versions[0].retention", _put("retention.unmached", {"value": None, **CITED})),
    ("unknown field of a value", "versions[0].retention.unmatched", _put("retention.unmatched.valu", 3)),
    ("no cite", "versions[0].retention.unmatched", _drop("retention.unmatched.cite")),
    ("blank cite", "versions[0].retention.unmatched.cite", _put("retention.unmatched.cite", "  ")),
    (
        "a cite that YAML reads as a number",
        "versions[0].retention.unmatched.cite",
        _put("retention.unmatched.cite", 13.8),
    ),
    ("no mark", "versions[0].retention.unmatched", _drop("retention.unmatched.mark")),
    ("unknown mark", "versions[0].retention.unmatched.mark", _put("retention.unmatched.mark", "certain")),
    ("wrong unit", "versions[0].retention.unmatched.value.unit", _put("retention.unmatched.value.unit", "fortnights")),
    ("no unit", "versions[0].retention.unmatched.value", _drop("retention.unmatched.value.unit")),
    ("zero days", "versions[0].retention.unmatched.value.n", _put("retention.unmatched.value.n", 0)),
    ("half a day", "versions[0].retention.unmatched.value.n", _put("retention.unmatched.value.n", 0.5)),
    ("a number as text", "versions[0].retention.unmatched.value.n", _put("retention.unmatched.value.n", "21")),
    ("a length in free words", "versions[0].retention.unmatched.value", _put("retention.unmatched.value", "for ever")),
    ("nothing said on retention", "versions[0]", _drop("retention")),
    ("empty without a note", "versions[0].retention.unmatched", _put("retention.unmatched.value", None)),
    ("a value nobody knows", "versions[0].retention.unmatched", _put("retention.unmatched.mark", "unknown")),
    ("ours as law", "versions[0].retention.unmatched", _put("retention.unmatched.mark", "ours")),
    ("unknown sharing word", "versions[0].share.federal.value", _put("share.federal", {"value": "maybe", **CITED})),
    ("unknown purpose", "versions[0].purpose.deny[0].value[0]", _put("purpose.deny", [{"value": ["spying"], **CITED}])),
    (
        "immigration as a lawful use",
        "versions[0].purpose.allow[0].value[0]",
        _put("purpose.allow", [{"value": ["immigration"], **CITED}]),
    ),
    (
        "allowed and denied",
        "versions[0].purpose",
        _put(
            "purpose",
            {
                "allow": [{"value": ["traffic_infraction"], **CITED}],
                "deny": [{"value": ["traffic_infraction"], **CITED}],
            },
        ),
    ),
    ("a list without groups", "versions[0].purpose.deny", _put("purpose.deny", {"value": ["immigration"], **CITED})),
    (
        "listed states without a list",
        "versions[0].share",
        _put("share.out_of_state", {"value": "listed_states", **CITED}),
    ),
    ("a list of states unused", "versions[0].share", _put("share.listed_states", [{"value": ["NY"], **CITED}])),
    (
        "a gate without a need",
        "versions[0].access.age_gates[0].value[0].needs",
        _put("access.age_gates", [{"value": [{"older_than": {"n": 1, "unit": "days"}, "needs": []}], **CITED}]),
    ),
    (
        "a log term without bounds",
        "versions[0].retention.audit_log.value",
        _put("retention.audit_log", {"value": {}, **CITED}),
    ),
    (
        "a log term upside down",
        "versions[0].retention.audit_log.value",
        _put(
            "retention.audit_log",
            {"value": {"min": {"n": 2, "unit": "years"}, "max": {"n": 1, "unit": "years"}}, **CITED},
        ),
    ),
    (
        "ours beside the law's length",
        "versions[0].default_policy.retention",
        _put("default_policy.retention.unmatched", {"value": {"n": 30, "unit": "days"}, **OURS}),
    ),
    (
        "law under our default",
        "versions[0].default_policy.hold.kinds",
        _put("default_policy.hold.kinds", [{"value": ["case"], **CITED}]),
    ),
    ("another id", "versions[0].profile.id", _put("profile.id", "us-yy")),
    ("no first day", "versions[0].profile", _drop("profile.effective_from")),
    ("no last day said", "versions[0].profile", _drop("profile.effective_to")),
    ("no such day", "versions[0].profile.effective_from", _put("profile.effective_from", "2020-02-31")),
    ("ends before it starts", "versions[0].profile", _put("profile.effective_to", "2019-12-31")),
    ("unknown dates without a note", "versions[0].profile", _put("profile.dates_mark", "unknown")),
    ("checked by nobody", "versions[0].profile", _put("profile.verified_on", "2026-01-01")),
    ("checked on no day", "versions[0].profile", _put("profile.verified_by", "A. Lawyer")),
]


@pytest.mark.parametrize(("field", "change"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_each_fault_is_refused_with_file_field_and_next_step(
    field: str, change: Change, version: dict[str, Any], load: Load
) -> None:
    """The person who wrote the file learns where to look and what to do; nothing is half loaded."""
    load(version)
    change(version)
    with pytest.raises(SettingRefused) as refused:
        load(version)
    assert refused.value.message.startswith(f"us-zz.yaml: {field}: ")
    assert refused.value.next_step
    assert refused.value.code == "law_profile_refused"


def test_a_checked_profile_needs_its_source(version: dict[str, Any], load: Load) -> None:
    """Day and name of a check are worth nothing without the text that was read."""
    version["profile"] |= {"verified_on": "2026-01-01", "verified_by": "A. Lawyer"}
    with pytest.raises(ProfileRefused, match="official text"):
        load(version)
    version["profile"]["source_url"] = "https://law.example/zz/1"
    assert date(2026, 1, 1) == load(version)[0].verified_on


def test_a_profile_of_ours_cannot_claim_law(version: dict[str, Any], load: Load) -> None:
    """A profile with no jurisdiction holds only values marked ours."""
    version["profile"]["id"] = "model-x"
    with pytest.raises(ProfileRefused, match="marked found"):
        load(version, jurisdiction="none", name="model-x")


def test_a_jurisdiction_is_in_the_name_of_its_file(version: dict[str, Any], load: Load) -> None:
    """us-zz cannot carry the law of another state."""
    with pytest.raises(ProfileRefused, match=r"us-zz\.yaml: jurisdiction"):
        load(version, jurisdiction="US-YY")


@pytest.mark.parametrize("first_end", [None, "2021-01-01"], ids=["open", "the same day"])
def test_versions_do_not_overlap(first_end: str | None, version: dict[str, Any], load: Load) -> None:
    """No day has two laws: the refusal says on which day to end the earlier version."""
    later = {**version, "profile": {**version["profile"], "effective_from": "2021-01-01"}}
    version["profile"] = version["profile"] | {"effective_to": first_end}
    with pytest.raises(ProfileRefused, match="overlaps") as refused:
        load(version, later)
    assert "effective_to: 2020-12-31" in refused.value.next_step


def test_versions_stand_oldest_first(version: dict[str, Any], load: Load) -> None:
    """A later version above an earlier one is refused."""
    later = {**version, "profile": {**version["profile"], "effective_from": "2021-01-01"}}
    version["profile"] = version["profile"] | {"effective_to": "2020-12-31"}
    with pytest.raises(ProfileRefused, match=r"versions\[1\].profile.effective_from"):
        load(later, version)


@pytest.mark.parametrize(
    ("says", "content"),
    [
        ("a field stands twice", b"jurisdiction: US-ZZ\ntitle: A\ntitle: B\nversions: []\n"),
        ("an alias is not allowed", b"title: &a A\njurisdiction: *a\n"),
        ("not UTF-8", b"title: \xff\xfe\xff"),
        ("line 2", b"title: A\n  jurisdiction: : B\n"),
        ("longer than", b"#" * (MAX_FILE_BYTES + 1)),
        ("Expected `object`", b""),
        ("could not determine a constructor", b"title: !!python/object:os.system x\n"),
        ("expected a single document", b"a: 1\n---\nb: 2\n"),
        ("not what it looks like", b"a: 2020-13-45\n"),
        ("not what it looks like", b"a: !!timestamp x\n"),
        ("not what it looks like", b"a: !!int ''\n"),
        ("longer than", b"a: " + b"x" * 300_000),
        ("too deeply", b"- " * 3000),
        ("length >= 1", b"jurisdiction: US-ZZ\ntitle: A\nversions: []\n"),
    ],
)
def test_yaml_has_no_traps(says: str, content: bytes) -> None:
    """What YAML would let pass in silence, or run, is refused with the file's name."""
    with pytest.raises(ProfileRefused) as refused:
        parse_profiles(content, "us-zz.yaml")
    assert refused.value.message.startswith("us-zz.yaml: ")
    assert says in refused.value.message


def test_deep_nesting_is_refused() -> None:
    """A file made to exhaust the parser is a refusal, not a crash."""
    with pytest.raises(ProfileRefused):
        parse_profiles(b"a: " + b"[" * 5000 + b"]" * 5000, "us-zz.yaml")


def test_one_bad_file_refuses_the_folder(tmp_path: Path, version: dict[str, Any]) -> None:
    """No profile of a folder is used when one of them is faulty; the message holds no path of the machine."""
    version["profile"] |= {"effective_from": date(2020, 1, 1)}
    good = {"jurisdiction": "US-ZZ", "title": "Zedland", "versions": [version]}
    (tmp_path / "us-zz.yaml").write_text(yaml.safe_dump(good))
    assert [ZZ] == list(load_profiles(tmp_path).ids())
    (tmp_path / "us-yy.yaml").write_text("title: Y\n")
    with pytest.raises(ProfileRefused, match=r"^us-yy.yaml: ") as refused:
        load_profiles(tmp_path)
    assert str(tmp_path) not in refused.value.message + refused.value.next_step


@pytest.mark.parametrize("name", ["us-zz.yml", "us-zz.yaml.bak", "notes.txt"])
def test_a_file_that_would_be_passed_over_is_refused(name: str, tmp_path: Path) -> None:
    """A law with a misspelt file name must not vanish."""
    (tmp_path / name).write_text("x")
    with pytest.raises(ProfileRefused, match=rf"{name}: not a \.yaml file"):
        load_profiles(tmp_path)


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    """No law is a fault of the set-up, never an empty list."""
    with pytest.raises(ProfileRefused, match="empty"):
        load_profiles(tmp_path)
    with pytest.raises(ProfileRefused, match="missing"):
        load_profiles(tmp_path / "law")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """What cannot be read is refused by name."""
    (tmp_path / "us-zz.yaml").mkdir()
    with pytest.raises(ProfileRefused, match="cannot be read"):
        load_profiles(tmp_path)


@given(
    n=st.integers(1, 10_000),
    unit=st.sampled_from(Unit),
    share=st.sampled_from([share for share in Share if share is not Share.LISTED_STATES]),
    note=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60),
)
def test_what_is_written_is_what_is_read(n: int, unit: Unit, share: Share, note: str) -> None:
    """Any span, sharing word and note come back as written, and make the same hash however the file is laid out."""
    plain = {
        "jurisdiction": "US-ZZ",
        "title": "Zedland",
        "versions": [
            {
                "profile": {
                    "id": "us-zz", "cite": "Zz. Code 1", "effective_from": date(2020, 1, 1), "effective_to": None,
                    "dates_mark": "found", "verified_on": None, "verified_by": None, "source_url": None,
                },
                "retention": {"unmatched": {"value": {"n": n, "unit": unit.value}, "note": note, **CITED}},
                "share": {"federal": {"value": share.value, **CITED}},
            }
        ],
    }  # fmt: skip
    block = b"# a comment\n" + yaml.safe_dump(plain, sort_keys=True).encode()
    flow = yaml.safe_dump(plain, sort_keys=False, default_flow_style=True, allow_unicode=True).encode()
    (one,), (other,) = parse_profiles(block, "us-zz.yaml"), parse_profiles(flow, "us-zz.yaml")
    assert (Span(n=n, unit=unit), note) == (one.text.retention.unmatched.value, one.text.retention.unmatched.note)
    assert share is one.share_federal
    assert one == other
    assert one.hash() == other.hash()


def test_every_change_of_content_changes_the_hash(version: dict[str, Any], load: Load) -> None:
    """The record can tell two versions apart by one word of one note."""
    before = load(version)[0].hash()
    seen = {before}
    for change in (
        _put("retention.unmatched.value.n", 20),
        _put("retention.unmatched.note", "x"),
        _put("retention.unmatched.mark", "part"),
        _put("retention.unmatched.cite", "Zz. Code 3"),
        _put("profile.effective_to", "2030-12-31"),
        _put("share.federal", {"value": "deny", **CITED}),
    ):
        change(version)
        seen.add(load(version)[0].hash())
    hexadecimal_sha256, versions_seen = 64, 7
    assert versions_seen == len(seen)
    assert hexadecimal_sha256 == len(before)


@st.composite
def _chains(draw: st.DrawFn) -> list[tuple[date, date | None]]:
    """Return days of versions in order, with and without gaps, the last perhaps still in force."""
    day = date(2000, 1, 1)
    chain: list[tuple[date, date | None]] = []
    for _ in range(draw(st.integers(1, 5))):
        start = day + timedelta(days=draw(st.integers(0, 40)))
        end = start + timedelta(days=draw(st.integers(0, 400)))
        chain.append((start, end))
        day = end + timedelta(days=1)
    if draw(st.booleans()):
        chain[-1] = (chain[-1][0], None)
    return chain


@given(_chains(), st.integers(-50, 2500))
def test_a_day_has_the_version_whose_dates_hold_it_or_none(chain: list[tuple[date, date | None]], offset: int) -> None:
    """Both ends belong to a version; a day before, between or after all of them is NotFound with a next step."""
    versions = [
        {
            "profile": {
                "id": "us-zz", "cite": "Zz. Code 1", "effective_from": start, "effective_to": end,
                "dates_mark": "found", "verified_on": None, "verified_by": None, "source_url": None,
            },
            "retention": {"unmatched": {"value": {"n": 1 + number, "unit": "days"}, **CITED}},
        }
        for number, (start, end) in enumerate(chain)
    ]  # fmt: skip
    content = yaml.safe_dump({"jurisdiction": "US-ZZ", "title": "Z", "versions": versions}).encode()
    profiles = Profiles(parse_profiles(content, "us-zz.yaml"))
    day = date(2000, 1, 1) + timedelta(days=offset)
    holding = [n for n, (start, end) in enumerate(chain) if start <= day <= (end or date.max)]
    if holding:
        assert [timedelta(days=1 + n) for n in holding] == [profiles.on(ZZ, day).retention_unmatched]
    else:
        with pytest.raises(NotFound) as missing:
            profiles.on(ZZ, day)
        assert "match-only" in missing.value.next_step


def test_an_unknown_profile_is_not_found(version: dict[str, Any], load: Load) -> None:
    """The answer names the profiles there are."""
    with pytest.raises(NotFound) as missing:
        Profiles(load(version)).on(ProfileId("us-yy"), date(2026, 1, 1))
    assert "us-zz" in missing.value.next_step


def test_a_local_text_with_traps_is_refused_as_a_callers_mistake() -> None:
    """An ordinance comes from whoever adopts it: what is wrong with it is theirs to mend, not a fault of the node."""
    for content in (b"a: [", b"\xff", b"- " * 3000, b"a: 2020-13-45", b"x" * (MAX_FILE_BYTES + 1)):
        with pytest.raises(BadInput):
            parse_local_text(content)

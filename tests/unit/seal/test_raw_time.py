"""RawTime: a form stands for a text only when it writes exactly that text."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.seal.raw_time import AS_SENT, form_of, text_of

AT = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)
INSTANTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1772368215", 1),
        ("1772368215.250", 2),
        ("1772368215250", 3),
        ("1772368215250000", 4),
        ("1772368215250000000", 5),
        ("2026-03-01T12:30:15Z", 6),
        ("2026-03-01T12:30:15.250Z", 7),
        ("2026-03-01T12:30:15.250000Z", 8),
        ("2026-03-01T12:30:15+00:00", 64 + 15),
        ("2026-03-01T04:30:15-08:00", 64 + 15 - 8),
        ("2026-03-01T04:30:15.250-08:00", 96 + 15 - 8),
        ("2026-03-02T02:30:15.250+14:00", 96 + 15 + 14),
    ],
)
def test_the_forms(text: str, form: int) -> None:
    """Part of the sealed format: these numbers never change."""
    assert form == form_of(text, AT)
    assert text == text_of(form, AT)


@pytest.mark.parametrize(
    "text",
    [
        "", "1772368216", "1772368215.25", "1772368215251", "1772368215250001", "2026-03-01T12:30:15.25Z",
        "2026-03-01 12:30:15Z", "2026-03-01T12:30:15z", "2026-03-01T04:30:15-0800", "2026-03-01T04:30:15.250-08:30",
        "2026-03-01T12:30:15-00:00", "2026-03-01T12:30:15+99:00", "2026-03-01T12:30:15+²0:00", "٢٠٢٦٠٣٠١١٢",
        "01/03/2026 12:30:15",
    ],
)  # fmt: skip
def test_what_no_form_writes_is_kept_as_it_is(text: str) -> None:
    """Near misses and other notations."""
    assert AS_SENT == form_of(text, AT)


@given(st.text(max_size=40) | INSTANTS.map(lambda at: at.isoformat()), INSTANTS)
def test_a_form_never_lies(text: str, at: datetime) -> None:
    """Whatever was sent: the form gives it back to the letter, or there is no form."""
    form = form_of(text, at)
    assert form == AS_SENT or text == text_of(form, at)


@given(INSTANTS, st.integers(-15, 15), st.booleans())
def test_whole_hour_zones_have_a_form(at: datetime, hours: int, parts: bool) -> None:
    """What most cameras send is told by its form."""
    zone = f"{hours:+03d}:00"
    local = at.replace(microsecond=at.microsecond if parts else 0) + timedelta(hours=hours)
    text = local.strftime("%Y-%m-%dT%H:%M:%S") + (f".{local.microsecond // 1000:03d}" if parts else "") + zone
    assert text == text_of(form_of(text, at), at)


@given(st.integers(-5, 300), INSTANTS)
def test_a_form_of_a_later_program_is_no_text(form: int, at: datetime) -> None:
    """A number without a form gives nothing; no number breaks."""
    text = text_of(form, at)
    assert (text is not None) == (1 <= form <= 8 or 64 <= form <= 94 or 96 <= form <= 126)

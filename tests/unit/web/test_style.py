"""What the pages' own files must hold: contrast, nothing from elsewhere, nothing inline."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[3] / "src" / "lockplate" / "web"
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
STYLE = (WEB / "static" / "lockplate.css").read_text(encoding="utf-8")
TEXT_ON_GROUND = [
    ("ink", "paper"), ("ink", "card"), ("ink", "note-back"), ("soft", "paper"), ("soft", "card"), ("soft", "note-back"),
    ("accent", "paper"), ("accent", "card"), ("accent-deep", "card"), ("accent-deep", "note-back"),
    ("on-accent", "accent"), ("on-accent", "accent-deep"), ("good", "good-back"), ("bad", "bad-back"),
    ("wait", "wait-back"), ("good", "card"), ("wait", "card"), ("on-mark", "mark"), ("ink", "plate"),
]  # fmt: skip
OUR_SCRIPT = re.compile(r"""<script type="module" src="\{\{ asset\['[a-z]+\.js'\] \}\}"></script>""")
EDGES = [("strong-line", "card"), ("strong-line", "paper"), ("focus", "paper"), ("focus", "card")]


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


LIGHT = colours(STYLE.partition("@media (prefers-color-scheme: dark)")[0])
DARK = colours(STYLE.partition("@media (prefers-color-scheme: dark)")[2].partition("*, *::before")[0])


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_edges_stand_out(scheme: dict[str, str]) -> None:
    """WCAG 2.2 AA: 4.5 for text, 3 for the edges of fields and for the focus ring, in both schemes."""
    weak = [pair for pair in TEXT_ON_GROUND if contrast(*(scheme[name] for name in pair)) < 4.5]
    faint = [pair for pair in EDGES if contrast(*(scheme[name] for name in pair)) < 3]

    assert ([], []) == (weak, faint)
    assert {name for pair in (*TEXT_ON_GROUND, *EDGES) for name in pair} <= scheme.keys()


def test_the_measure_is_right() -> None:
    """Black on white is 21, a colour on itself 1."""
    assert (21.0, 1.0) == (round(contrast("#000000", "#ffffff"), 6), contrast("#123456", "#123456"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_nothing_is_inline_or_from_elsewhere(path: Path) -> None:
    """No script but our own files, no inline style or handler, no address of another site, nothing marked safe."""
    text = OUR_SCRIPT.sub("", path.read_text(encoding="utf-8"))

    assert [] == re.findall(r"<script|<style|\sstyle=|\son[a-z]+=|https?://|\|\s*safe|autoescape|Markup", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_posted_form_has_a_token(path: Path) -> None:
    """A form that changes or asks carries its session's token, or the sign-in form's own."""
    text = path.read_text(encoding="utf-8")
    forms = re.findall(r'<form[^>]*method="post".*?</form>', text, flags=re.DOTALL)

    assert [] == [form[:80] for form in forms if "parts.csrf(" not in form and 'name="form_token"' not in form]
    assert text.count('method="post"') == len(forms)


def test_the_style_sheet_fetches_nothing() -> None:
    """No import, no font, no picture from anywhere."""
    assert [] == re.findall(r"@import|url\(|@font-face", STYLE)
    assert "prefers-color-scheme: dark" in STYLE
    assert "@media print" in STYLE

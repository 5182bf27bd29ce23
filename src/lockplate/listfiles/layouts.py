"""Layouts: every layout by name, and which one a file is in.

What flows in: a file's bytes, perhaps a layout's name. What flows out: a ParsedList.
What it must never see: a guess: where two layouts fit, or none, the file is refused and a person names the layout.
"""

from lockplate.errors import BadInput
from lockplate.listfiles import own
from lockplate.listfiles.cells import ALABAMA, FLORIDA, GEORGIA, INDIANA, MINNESOTA, TEXAS, WASHINGTON_VEHICLES
from lockplate.listfiles.kansas import KANSAS
from lockplate.listfiles.layout import Layout, parse_lines, sample_of, text_lines
from lockplate.listfiles.ncic import MICHIGAN, NCIC, NEW_JERSEY, WASHINGTON
from lockplate.listfiles.outcome import ParsedList, Progress, silent
from lockplate.listfiles.states import CALIFORNIA, ILLINOIS, NEW_YORK

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        NCIC, MICHIGAN, WASHINGTON, NEW_JERSEY, NEW_YORK, KANSAS, ILLINOIS, CALIFORNIA, TEXAS, MINNESOTA, ALABAMA,
        GEORGIA, WASHINGTON_VEHICLES, FLORIDA, INDIANA,
    )
}  # fmt: skip
FITTING_SHARE = 1 / 3
"""A layout fits a file when this share of its lines has the layout's shape. Two files in one fit two layouts."""


def layout_names() -> tuple[str, ...]:
    """Return the name of every layout, our own first."""
    return (own.NAME, *LAYOUTS)


def parse_list(data: bytes, layout: str = "", progress: Progress = silent) -> ParsedList:
    """Return a list file taken apart, in the layout named or the one that fits.

    Raises BadInput: no such layout, none fits, two fit, or what the layout refuses a whole file for.
    """
    if layout and layout not in layout_names():
        raise BadInput("no such layout", code="unknown_layout", next_step=_name_one())
    if layout == own.NAME:
        return own.parse_list_csv(data, progress)
    lines = text_lines(data)
    found = layout or _detected(lines)
    return own.parse_list_csv(data, progress) if found == own.NAME else parse_lines(lines, LAYOUTS[found], progress)


def _detected(lines: list[str]) -> str:
    """Return the one layout that fits, or raise BadInput."""
    columns = own.own_columns(lines[0]) if lines else frozenset()
    if {"plate", "expires"} <= columns:
        return own.NAME
    sample = sample_of(lines)
    fitting = [
        name
        for name, layout in LAYOUTS.items()
        if sum(map(layout.fits, sample)) > max(0, len(sample) * FITTING_SHARE - 1)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise BadInput(
            f"the file fits two layouts: {', '.join(fitting)}", code="ambiguous_layout", next_step=_name_one()
        )
    if columns:  # then our own reader says best what is wrong with the header
        return own.NAME
    raise BadInput("the file fits no layout that we know", code="unknown_layout", next_step=_name_one())


def _name_one() -> str:
    return "Name its layout: --layout " + "|".join(layout_names())

"""The readers' page: which readers are heard, whose clock is off, what they send amiss. Read only.

What flows in: an administrator. What flows out: the readers of the operators they may manage.
What it must never see: a key, a payload, a plate.
"""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from lockplate.operations.faults import kinds_of
from lockplate.operations.reader_health import list_reader_health
from lockplate.web.doorway import Doorway
from lockplate.web.pages.frame import PageState, Visitor


@get("/app/readers", sync_to_thread=True)
def show_readers(
    doorway: NamedDependency[Doorway], pages: NamedDependency[PageState], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Show how the readers are doing."""
    node = doorway.node
    board = list_reader_health(node, visitor.actor)
    names = [one.operator.operator for one in board]
    mine = {name: kinds_of(node, visitor.session.person, name) for name in names}
    return pages.rendering.page("readers.html", visitor=visitor, board=board, mine=mine)

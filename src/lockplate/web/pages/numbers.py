"""The numbers' page: what hits came to, by list, reader or category.

What flows in: a supervisor or an auditor, days. What flows out: counts.
What it must never see: a plate.
"""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.status_codes import HTTP_200_OK

from lockplate.errors import BadInput
from lockplate.operations.numbers import HitNumbersOf, NumbersOf, count_hits, countable_operators
from lockplate.registry.hit_numbers import By
from lockplate.reporting.numbers import FEWEST_DECIDED
from lockplate.web.doorway import Doorway
from lockplate.web.pages.frame import PageState, Visitor


@get("/app/numbers", sync_to_thread=True)
def show_numbers(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    visitor: NamedDependency[Visitor],
    operator: FromQuery[str] = "",
    first: FromQuery[str] = "",
    end: FromQuery[str] = "",
    by: FromQuery[str] = By.LIST.value,
) -> Response[Any]:
    """Show the numbers of some days; without days, of the last calendar month."""
    node = doorway.node
    operators = countable_operators(node, visitor.actor)
    told: HitNumbersOf | None = None
    problem: BadInput | None = None
    chosen = by if by in set(By) else By.LIST.value
    try:
        wanted = NumbersOf(operator=operator or operators[0], first=first, end=end, by=By(chosen))
        told = count_hits(node, visitor.actor, wanted)
    except BadInput as error:
        problem = error
    return pages.rendering.page(
        "numbers.html",
        status=HTTP_200_OK if problem is None else problem.http_status,
        visitor=visitor,
        told=told,
        error=problem,
        operators=operators,
        by=chosen,
        first=first,
        end=end,
        fewest=FEWEST_DECIDED,
    )

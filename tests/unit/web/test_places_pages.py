"""Places on pages: a reader where the law lets nobody collect says so, and anyone may see the list."""

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import Site, text_of

from lockplate.law.words import Place
from lockplate.operations.local_law import ChangeOperator
from lockplate.operations.operation import Actor
from lockplate.operations.places import AddPlace
from lockplate.operations.readers import AddReader
from lockplate.operations.table import operation

INSIDE = "Inside a place where the law lets nobody collect"


def run(site: Site, name: str, request: object) -> Any:
    return operation(name).handler(site.node, Actor(person=None, is_system_user=True), request)


@pytest.fixture
def law(site: Site) -> Iterator[Any]:
    """The way to set the law of the site."""

    def set_law(profile: str) -> None:
        run(site, "operator.change", ChangeOperator(operator="oakmont", profile=profile))

    yield set_law
    set_law("us-ca")


def test_the_pages_say_where_nobody_may_collect(site: Site, law: Any) -> None:
    """Under Washington's law, not under California's; without a place listed the public page says that none is safe."""
    law("us-wa")
    assert "no place is protected here" in text_of(site.browser().get("/law").text)
    run(site, "reader.add", AddReader(reader="lost-1", name="Lost"))
    name = "<b>Fir</b> School"
    run(site, "place.add", AddPlace(kind=Place.K12, name=name, latitude=38.5, longitude=-121.5))

    page = text_of(site.person("admin.poe").get("/app/readers").text)
    assert INSIDE in page
    assert "No position, and the law names places" in page
    public = site.browser().get("/law").text
    assert "<b>Fir" not in public
    assert "1 reader inside, from which nothing is taken" in text_of(public)

    law("us-ca")
    assert INSIDE not in text_of(site.person("admin.poe").get("/app/readers").text)
    assert "nothing is refused there" in text_of(site.browser().get("/law").text)

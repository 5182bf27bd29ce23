"""Debts and paperwork on hot lists: only under a law that names them, and no longer than it does."""

from typing import Any

import pytest

from list_lines import SAMPLES
from lockplate.errors import BadInput
from lockplate.hotlist import Category
from lockplate.operations.hotlists import AddHotList, EnterPlate
from lockplate.operations.list_import import ImportHotList
from lockplate.operations.local_law import ChangeOperator

PINE = "pine-county"


def test_debts_where_the_law_names_them(county: Any) -> None:
    """Minnesota's: a list, its lines, an entry by hand; and under another law all of it matches no more."""
    georgia = next(sample for sample in SAMPLES if sample.layout == "georgia").text()
    county.run("operator.change", ChangeOperator(operator=PINE, profile="us-mn"))
    new = AddHotList(
        name="Suspended",
        categories=(Category.SUSPENDED_LICENSE,),
        source="state bureau",
        legal_basis="Minn. Stat. 13.824",
        max_age_hours=24,
        operator=PINE,
    )
    list_id = county.run("hotlist.add", new, "sam", there=True).hot_list.list_id
    report = county.run("hotlist.import", ImportHotList(list_id=list_id, content=georgia))
    lane = county.node.desk(PINE).lane
    enter = EnterPlate(
        plate="8HLN009", list_id=list_id, category=Category.SUSPENDED_LICENSE, reason="told by the court",
        case_number="26-7",
        until="2026-11-24T00:00:00Z",
    )  # fmt: skip
    county.run("hotlist.enter", enter, "sam", there=True)
    assert ({"category_not_in_law": 1}, 1, 2) == (report.refused_by_reason, report.added, len(lane.index))

    county.run("operator.change", ChangeOperator(operator=PINE, profile="us-ca"))
    assert 0 == len(county.node.desk(PINE).lane.index)
    with pytest.raises(BadInput) as refused:
        county.run("hotlist.enter", enter, "sam", there=True)
    assert "category_not_in_law" == refused.value.code

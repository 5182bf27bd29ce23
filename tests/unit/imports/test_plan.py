"""Plans: a guess that a person can read, correct and give back; what is given is the whole truth."""

from pathlib import Path
from typing import Any

import pytest

from lockplate.errors import BadInput
from lockplate.imports.folder import open_folder
from lockplate.imports.importing import guess_plan
from lockplate.imports.labels import LAYOUTS, Role, folded, layout_of, roles_of
from lockplate.imports.looks import fits, looks_of
from lockplate.imports.plan import Plan, load_plan, plan_yaml
from released_files import LABELS, A, Audit, csv_bytes, imported, labels, ndjson_bytes, xlsx_bytes

ROWS = Audit().rows(A, 30)


def shown(tmp_path: Path, data: bytes, plan: Plan | None = None) -> Plan:
    (tmp_path / "file").write_bytes(data)
    return guess_plan(tmp_path / "file", plan)[0]


@pytest.mark.parametrize("form", ["csv", "headerless", "xlsx", "ndjson"])
def test_a_guess_given_back_does_the_same(tmp_path: Path, form: str) -> None:
    """A plan that was shown and not changed reads the same records as no plan."""
    head = labels(A)
    data = {
        "csv": csv_bytes([head, *ROWS]), "headerless": csv_bytes(ROWS), "xlsx": xlsx_bytes({"a": [head, *ROWS]}),
        "ndjson": ndjson_bytes(head, ROWS),
    }[form]  # fmt: skip
    plan = load_plan(plan_yaml(shown(tmp_path, data)))
    (guessed,) = imported(tmp_path / "guessed", tmp_path / "file")
    (given,) = imported(tmp_path / "given", tmp_path / "file", plan=plan)

    assert guessed.manifest.counts == given.manifest.counts
    assert guessed.manifest.states == given.manifest.states
    one, other = (next(open_folder(tmp_path / name).batches()) for name in ("guessed", "given"))
    assert one.drop_columns(["section"]).to_pylist() == other.drop_columns(["section"]).to_pylist()


def test_a_person_corrects_a_plan(tmp_path: Path) -> None:
    """What the guess called extra is the reason when a person says so, and what they call extra is no field."""
    plan = shown(tmp_path, csv_bytes([["Wer", *labels(A)[1:6], "Warum", *labels(A)[7:]], *ROWS]))
    assert [Role.EXTRA, Role.EXTRA] == [plan.sections[0].columns[place].role for place in (0, 6)]
    text = plan_yaml(plan).replace("label: Warum\n    is: extra", "label: Warum\n    is: reason")
    (report,) = imported(tmp_path / "out", tmp_path / "file", plan=load_plan(text))
    (batch,) = open_folder(tmp_path / "out").batches()

    assert [row[6] for row in ROWS] == batch["reason"].to_pylist()
    assert [("Wer", ROWS[0][0])] == batch["extra"].to_pylist()[0]
    assert (30, 1) == (report.manifest.counts.imported, report.manifest.counts.headers)


def test_a_plan_is_the_whole_truth(tmp_path: Path) -> None:
    """Rows that fit none of its sections are refused; nothing is guessed beside it."""
    plan = shown(tmp_path, csv_bytes([labels(A), *ROWS]))
    narrow = [row[1:] for row in Audit(2).rows(A, 30)]
    (tmp_path / "file").write_bytes(csv_bytes([labels(A), *ROWS, *narrow]))
    (report,) = imported(tmp_path / "out", tmp_path / "file", plan=load_plan(plan_yaml(plan)))

    assert (30, {"field_count": 30}) == (report.manifest.counts.imported, report.manifest.counts.refused_by_reason)


def test_a_plan_of_two_sections(tmp_path: Path) -> None:
    """Rows of one width are read by the section in which they read; of another width by that section."""
    columns = "\n".join(f"  - {{label: '', is: {'frame' if field == 'frame' else field}}}" for field in A)
    other = "\n".join(f"  - {{is: {field}}}" for field in reversed(A))
    plan = load_plan(f"plan: 1\nsections:\n- columns:\n{columns}\n- columns:\n{other}\n")
    more = Audit(2).rows(tuple(reversed(A)), 30)
    (tmp_path / "file").write_bytes(csv_bytes([*ROWS, *more]))
    imported(tmp_path / "out", tmp_path / "file", plan=plan)
    rows = [row for batch in open_folder(tmp_path / "out").batches(["plate", "section"]) for row in batch.to_pylist()]

    assert [(row[5], 0) for row in ROWS] + [(row[5], 1) for row in more] == [
        (row["plate"], row["section"]) for row in rows
    ]


def test_zone_and_order_of_a_plan(tmp_path: Path) -> None:
    """Times without a zone are placed by the plan, with its rule."""
    rows = [["Ann", f"{number:02d}/07/2025 12:00:00"] for number in range(1, 9)]
    (tmp_path / "file").write_bytes(csv_bytes([["Name", "Search Time"], *rows]))
    plan = load_plan(
        "{plan: 1, zone: America/Denver, day_first: true, sections: [{columns: [{is: user}, {is: searched_at}]}]}"
    )
    (report,) = imported(tmp_path / "out", tmp_path / "file", plan=plan)

    assert {"zone_of_plan": 8} == report.manifest.time_rules
    assert ("2025-07-01T18:00:00.000Z", "2025-07-08T18:00:00.000Z") == (
        report.manifest.period_from,
        report.manifest.period_to,
    )


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "plan: 2", "plan: 1\nzone: Mars/Olympus", "plan: 1\nzone: ../../etc/passwd", "plan: 1\ndelimiter: ',,'", "plan: 1\ndelimiter: '\"'",
        "plan: 1\nsections: [{columns: []}]", "plan: 1\nsections: [{columns: [{is: user}]}]", "plan: 1\nother: 1",
        "plan: 1\nsections: [{columns: [{is: searched_at}, {is: searched_at}]}]", "plan: 1\nsections: [{columns: [{is: owner}]}]",
        "plan: 1\nsections: [{columns: [{is: searched_at}, {is: frame}, {is: frame_to}]}]", "&a [*a]", "plan: !!python/object:os.system x",
        "plan: 1\n" + "x: [" * 5000, "plan: 1 # " + "x" * 300_000,
    ],
)  # fmt: skip
def test_what_is_no_plan_is_refused(text: str) -> None:
    """With what is wrong, and without what it said."""
    with pytest.raises(BadInput) as told:
        load_plan(text)
    assert "bad_plan" == told.value.code


def test_a_shown_plan_is_safe_to_look_at(tmp_path: Path) -> None:
    """Foreign text in it is escaped: no terminal obeys it, and YAML reads it back as it was."""
    rows = [["\x1b[31m\x9b", "=1+1", *row[2:]] for row in ROWS]
    plan = shown(tmp_path, csv_bytes([labels(A), *rows]))
    text = plan_yaml(plan)

    assert all(32 <= ord(letter) < 127 or letter == "\n" for letter in text)
    assert ("\x1b[31m\x9b",) == load_plan(text).sections[0].columns[0].examples


def test_every_column_says_why(tmp_path: Path) -> None:
    """A plan that is shown has a reason and a confidence for each column."""
    (section,) = shown(tmp_path, csv_bytes([labels(A), *ROWS])).sections

    assert all(column.why and 0 < column.confidence <= 1 and column.examples for column in section.columns)


def test_the_layouts_are_sound() -> None:
    """Each has a time, no field twice, and is told by its own name; every label that was met is known."""
    for layout in LAYOUTS:
        assert len(set(layout.roles)) == len(layout.roles)
        assert {Role.SEARCHED_AT, Role.SEARCHED_DATE, Role.AT, Role.SHARED_BY_OWNER} & set(layout.roles)
        assert layout.name == layout_of(layout.roles)
    assert "other" == layout_of([Role.USER])
    for field, label in LABELS.items():
        assert Role(field) in roles_of(label), label
    assert folded(" Case_Number") == folded("caseNumber") == "casenumber"


@pytest.mark.parametrize(
    ("cells", "role"),
    [
        (["6f9619ff-8b86-4011-b42d-00c04fc964ff", "6f9619ff-8b86-4011-b42d-00c04fc964fe"], Role.ID),
        (["06/01/2025, 01:02:03 AM UTC"] * 3, Role.SEARCHED_AT),
        (["06/01/2025"] * 3, Role.SEARCHED_DATE),
        (["01:02:03 AM"] * 3, Role.SEARCHED_CLOCK),
        (["06/01/2025, 01:02 AM\n06/02/2025, 01:02 AM"], Role.FRAME),
        (["12", "1,200"], Role.NETWORKS),
        (["search", "lookup", "convoy - Mobile"], Role.SEARCH_TYPE),
        (["allow", "block"], Role.MODERATION),
        (["create", "delete"], Role.EVENT_TYPE),
        (["Hotlist Name: a\nLicense: b"], Role.ENTITY_DETAILS),
    ],
)
def test_cells_speak_for_a_role(cells: list[Any], role: Role) -> None:
    """And against the ones they cannot be."""
    looks = looks_of([*cells, "", "***", None])

    assert fits(role, looks) > 0.3
    assert fits(Role.SEARCHED_AT, looks) < -0.5 or role is Role.SEARCHED_AT
    assert looks.shown()

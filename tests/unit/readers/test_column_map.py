"""ColumnMap: a typing error in a map must not load wrongly."""

import pytest

from lockplate.errors import BadInput
from lockplate.readers.column_map import ColumnMap, load_column_map

PLAIN = "plate: {column: p}\ncaptured_at: {column: t}\n"


def test_a_map_says_its_columns_once_each() -> None:
    """Every column that is used, in the order of the map's own fields, whether one or many fields use it."""
    loaded = load_column_map(
        PLAIN
        + "reader: {column: device}\nregion: {constant: US-WA}\nplace: {column: device}\n"
        + "position: {latitude: lat, longitude: lon}\n"
    )

    assert ("p", "t", "device", "lat", "lon") == loaded.columns()


def test_what_is_left_out_has_a_default() -> None:
    """Comma, double quote, UTF-8, RFC 3339, the empty cell for none, and a reader called `file`."""
    loaded = load_column_map(PLAIN)

    assert isinstance(loaded, ColumnMap)
    assert (",", '"', "utf-8", "rfc3339", ("",), "file") == (
        loaded.delimiter,
        loaded.quote,
        loaded.encoding,
        loaded.captured_at.format,
        loaded.missing,
        loaded.reader.constant,
    )
    assert loaded.zone() is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "plate: {column: p}",
        "plate: [}",
        PLAIN + "plaet: {column: p}\n",
        PLAIN + "delimiter: ';;'\n",
        PLAIN + "quote: ''\n",
        PLAIN + "format: xlsx\n",
        PLAIN + "reader: {}\n",
        PLAIN + "reader: {column: a, constant: b}\n",
        PLAIN + "region: text\n",
        PLAIN + "position: {latitude: a}\n",
        PLAIN + "position: {column: a, latitude: b, longitude: c}\n",
        PLAIN + "position: {}\n",
        PLAIN + "confidence_scale: percent\n",
        "plate: {column: p, kind: guess}\ncaptured_at: {column: t}\n",
        "plate: {column: p}\ncaptured_at: {column: t, zone: Mars/Olympus}\n",
        "plate: {column: p}\ncaptured_at: {column: t, zone: ../../etc/passwd}\n",
        "!!python/object/apply:os.system ['true']",
        "plate: {column: 7}\ncaptured_at: {column: t}\n",
        "plate: " + "[" * 5000,
        "plate: !!timestamp x",
        "plate: &a {column: p}\ncaptured_at: *a\n",
        PLAIN + PLAIN,
    ],
)
def test_a_wrong_map_is_refused(text: str) -> None:
    """Unknown keys, wrong types, half a position, two sources for one value, no such zone."""
    with pytest.raises(BadInput) as caught:
        load_column_map(text)
    assert "bad_map" == caught.value.code

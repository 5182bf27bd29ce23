"""Hit sheet: one hit beside its entry, as lines for a terminal.

What flows in: a hit and how it compares, as plain values. What flows out: lines of text.
What it must never see: a colour that alone would carry a meaning.
"""

from typing import Any

_PART = {"body": "kind", "make": "make", "model": "model", "color": "colour", "year": "year"}
_STAND = {
    "same": "same",
    "other_words": "other words: compare",
    "contradicts": "CONTRADICTS: these cannot be one vehicle",
    "only_read": "the list does not say",
    "only_listed": "the reader does not say",
}
_NEEDS = {
    "region": "the region in the picture (--region-compared)",
    "vehicle": "the kind of vehicle in the picture (--vehicle-compared)",
    "by_eye": "the vehicle itself, since no picture came (--seen-by-eye)",
}


def sheet_of(hit: dict[str, Any], compared: dict[str, Any]) -> list[str]:
    """Return one hit laid out for comparing."""
    told, listed = hit["details"], compared["listed"]
    picture = "there is one: --picture FILE writes it" if hit["has_picture"] else "none came"
    lines = [
        f"Hit {hit['hit_id']} · {hit['category']} · priority {hit['priority']} · {hit['state']}",
        "",
        *_texts(compared["characters"]),
        *(f"          {doubt}" for doubt in compared["doubts"]),
        f"          {compared['matched_says']}",
        "",
        f"Region    read {told['region'] or '-'}, listed {told['listed_region'] or '-'}. {compared['region_says']}",
        *_vehicle(compared["vehicle"]),
        f"Sureness  {_confidence(told['confidence'])}",
        f"Picture   {picture}",
        f"Reader    {_reader(hit, compared)}",
        "",
        f"List      {listed['name'] or hit['list_id']}{_owner(listed)}",
        f"Source    {listed['source'] or 'not known here'}",
        f"Ask by    {told['reference'] or 'the plate: the list gives no number'}",
        f"Reason    {told['reason'] or 'none given'}",
        f"Entry     listed {hit['entered_at'] or 'at a time not known'}, {_end(listed)}",
        "",
    ]
    if hit["state"] == "unconfirmed":
        lines += [f"Compare {_NEEDS[one]}." for one in compared["needs"]]
        lines.append("Ask the source again before you find it correct.")
    else:
        lines.append(f"Found {hit['state']} by {hit['decided_by']}, {hit['decided_at']}. Source: {hit['source']}.")
        lines += [f"Outcome: {one['outcome']}, said by {one['said_by']}" for one in compared["outcomes"]]
    return [*lines, compared["standing"]["says"]]


def _texts(characters: list[dict[str, Any]]) -> list[str]:
    """Return the two texts over each other, with a caret under each character to look at twice."""
    marks = ["^" if one["unsure"] or one["sameness"] != "same" else " " for one in characters]
    rows = (
        ("As read", [one["read"] or "-" for one in characters]),
        ("Listed", [one["listed"] or "-" for one in characters]),
        ("", marks),
    )
    return [f"{name:<9} {' '.join(signs)}".rstrip() for name, signs in rows]


def _vehicle(parts: list[dict[str, Any]]) -> list[str]:
    if not parts:
        return ["Vehicle   neither reader nor list describes it"]
    told = [(_PART[one["part"]], one["read"] or "-", one["listed"] or "-", _STAND[one["stand"]]) for one in parts]
    return [f"Vehicle   {part}: read {read}, listed {listed} ({stand})" for part, read, listed, stand in told]


def _reader(hit: dict[str, Any], compared: dict[str, Any]) -> str:
    heading = _after(hit["details"]["direction"] and f"heading {hit['details']['direction']}")
    return (
        f"{compared['reader_name'] or hit['reader']}{_after(compared['reader_place'])}, {hit['captured_at']}{heading}"
    )


def _confidence(told: dict[str, Any] | None) -> str:
    return "the reader gave none" if told is None else f"{told['value']} on the reader's scale {told['scale']}"


def _after(text: str | None) -> str:
    return f", {text}" if text else ""


def _owner(listed: dict[str, Any]) -> str:
    return f", FOREIGN, of {listed['owner']}" if listed["foreign"] else _after(listed["owner"] or "")


def _end(listed: dict[str, Any]) -> str:
    if not listed["still_on_list"]:
        return "NO LONGER on this node's copy of the list"
    return f"ends {listed['ends_at']}"

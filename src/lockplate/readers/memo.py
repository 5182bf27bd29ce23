"""Memo: the line in which Blue Iris writes what its AI found, as plates and their percentages.

What flows in: `ABC123:87%,car:90%`, `[ABC123]:87%`, `Plate: ABC123:87%`. What flows out: the plates among the labels.
What it must never see: anything but that line.
"""

import re

from lockplate.plate import fold

_TOKEN = re.compile(
    r"^(?P<word>(?:day|night|license[ -]?)?plate\s*[:\[]\s*)?"
    r"\[?(?P<label>[^\[\]:%]+)\]?"
    r"(?:\s*:\s*(?P<percent>\d{1,3}(?:\.\d{1,9})?)\s*%?)?$",
    re.IGNORECASE,
)

_FIGURE = re.compile(r"^(?:[01]?\.\d+|\d{1,3})$", re.ASCII)

_OBJECTS = frozenset(
    {
        "airplane", "animal", "apple", "backpack", "banana", "baseball_bat", "baseball_glove", "bear", "bed", "bench",
        "bicycle", "bird", "boat", "book", "bottle", "bowl", "broccoli", "bus", "cake", "car", "carrot", "cat",
        "cell_phone", "chair", "clock", "couch", "cow", "cup", "deer", "dining_table", "dog", "donut", "elephant",
        "face", "fire_hydrant", "fork", "fox", "frisbee", "giraffe", "hair_drier", "handbag", "horse", "hot_dog",
        "keyboard", "kite", "knife", "laptop", "microwave", "motorbike", "motorcycle", "mouse", "orange", "oven",
        "parking_meter", "people", "person", "pig", "pizza", "potted_plant", "rabbit", "raccoon", "refrigerator",
        "remote", "sandwich", "scissors", "sheep", "sink", "skateboard", "skis", "skunk", "snowboard", "spoon",
        "sports_ball", "squirrel", "stop_sign", "suitcase", "surfboard", "teddy_bear", "tennis_racket", "tie",
        "toaster", "toilet", "toothbrush", "traffic_light", "train", "truck", "tv", "umbrella", "van", "vase",
        "vehicle", "wine_glass", "zebra",
    }
)  # fmt: skip
"""What the general models find; Blue Iris puts their labels into the same line."""
_STATES = frozenset(
    {
        "alert", "alpr", "cancelled", "canceled", "confirmed", "dayplate", "delay", "external", "group",
        "license_plate", "licence_plate", "manual", "motion", "nightplate", "none", "nothing", "nothing_found",
        "occupied", "plate", "timeout", "trigger", "unknown",
    }
)  # fmt: skip
"""Words about the alert itself."""
MAX_PLATE = 10
"""Characters of a plate key; longer labels are remarks."""


def plates_in_memo(memo: str) -> list[tuple[str, str | None]]:
    """Return (plate text, percentage or None) for each label of a memo that is no object and no remark, once each."""
    found: dict[str, tuple[str, str | None]] = {}
    for token in memo.split(","):
        match = _TOKEN.match(token.strip())
        if match is None:
            continue
        label = match["label"].strip()
        key = fold(label)
        if match["word"] and match["percent"] is None and _FIGURE.match(label):
            continue  # `plate:0.87` says how surely there is a plate, not which
        if 2 <= len(key) <= MAX_PLATE and "_".join(label.lower().split()) not in _OBJECTS | _STATES:
            found.setdefault(key, (label, match["percent"]))
    return list(found.values())

"""Payloads: every dialect the fleet speaks, and what each makes of a passage.

What flows in: a dialect's name and a detection. What flows out: the body as that vendor's reader would send it.
What it must never see: the node's reading of these formats; tests compare the two, code does not share them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from lockplate.simulate import payloads_camera, payloads_cloud, payloads_openalpr, payloads_xml
from lockplate.simulate.camera import Habit
from lockplate.simulate.detection import Detection
from lockplate.simulate.reader import SimulatedReader
from lockplate.simulate.rendering import Body

SECOND = timedelta(seconds=1)
MILLISECOND = timedelta(milliseconds=1)
MICROSECOND = timedelta(microseconds=1)


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One variant of one vendor's format."""

    name: str
    format: str
    """The name under which the node knows the format."""
    render: Callable[[Detection], Body]
    precision: timedelta
    """How finely the format writes the time of detection; what is finer is cut off."""
    heartbeat: Callable[[SimulatedReader, datetime], Body] | None = None
    habit: Habit = Habit()
    wall_clock: bool = False
    """The time is a naive wall clock: in the repeated hour of an autumn night it cannot be placed."""
    extension: str = "json"
    """What a file that holds one such body is called."""


_PREVIEWS = Habit(previews=True, says_plateless=True)
_SAYS = Habit(says_plateless=True)

DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        name="openalpr-group",
        format="openalpr",
        render=payloads_openalpr.group,
        precision=MILLISECOND,
        heartbeat=payloads_openalpr.heartbeat,
        habit=_PREVIEWS,
    ),
    Dialect(
        name="openalpr-results",
        format="openalpr",
        render=payloads_openalpr.results,
        precision=MILLISECOND,
        heartbeat=payloads_openalpr.heartbeat,
        habit=Habit(frames=True),
    ),
    Dialect(
        name="platerecognizer-form",
        format="platerecognizer",
        render=payloads_cloud.platerecognizer_form,
        precision=MICROSECOND,
        habit=_SAYS,
        extension="multipart",
    ),
    Dialect(
        name="platerecognizer-json",
        format="platerecognizer",
        render=payloads_cloud.platerecognizer,
        precision=MICROSECOND,
        habit=_SAYS,
    ),
    *(
        Dialect(
            name=name,
            format="hikvision",
            render=payloads_xml.hikvision(namespace, form=form),
            precision=MILLISECOND,
            heartbeat=payloads_xml.hikvision_heartbeat(namespace),
            habit=_SAYS,
            extension="multipart" if form else "xml",
        )
        for name, namespace, form in (
            ("hikvision-form", payloads_xml.HIKVISION_COM, True),
            ("hikvision-isapi-form", payloads_xml.ISAPI_ORG, True),
            ("hikvision-old", payloads_xml.STD_CGI, False),
            ("hikvision-prefixed", payloads_xml.PREFIXED, False),
        )
    ),
    Dialect(
        name="dahua-itsapi",
        format="dahua",
        render=payloads_camera.dahua_itsapi,
        precision=SECOND,
        heartbeat=payloads_camera.dahua_itsapi_heartbeat,
        habit=_SAYS,
        wall_clock=True,
    ),
    Dialect(name="dahua-event", format="dahua", render=payloads_camera.dahua_event, precision=MILLISECOND, habit=_SAYS),
    Dialect(name="axis", format="axis", render=payloads_camera.axis, precision=MILLISECOND, habit=_PREVIEWS),
    Dialect(
        name="frigate",
        format="frigate",
        render=payloads_camera.frigate,
        precision=MILLISECOND,
        habit=Habit(previews=True),
    ),
    Dialect(name="blueiris", format="blueiris", render=payloads_camera.blueiris, precision=SECOND, habit=_SAYS),
    Dialect(name="genetec", format="genetec", render=payloads_camera.genetec, precision=MILLISECOND),
    Dialect(name="unifi", format="unifi", render=payloads_cloud.unifi, precision=MILLISECOND),
    Dialect(name="verkada", format="verkada", render=payloads_cloud.verkada, precision=MILLISECOND),
    Dialect(name="milesight", format="milesight", render=payloads_camera.milesight, precision=SECOND, wall_clock=True),
    Dialect(
        name="tattile",
        format="tattile",
        render=payloads_xml.tattile,
        precision=SECOND,
        wall_clock=True,
        extension="xml",
        habit=_SAYS,
    ),
    Dialect(name="lilin", format="lilin", render=payloads_camera.lilin, precision=MICROSECOND),
    Dialect(
        name="lockplate", format="lockplate", render=payloads_cloud.lockplate, precision=MILLISECOND, extension="ndjson"
    ),
)

BY_NAME = {dialect.name: dialect for dialect in DIALECTS}

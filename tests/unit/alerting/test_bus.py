"""The bus: passes word on, to everybody, and one listener's trouble is nobody else's."""

from lockplate.alerting.bus import AlertBus, AlertsCame, BusEvent
from lockplate.registry.hits import HitId, HitState, Recorded
from lockplate.terms import OperatorId

PINE = OperatorId("pine")


def test_only_alerts_are_news() -> None:
    """A repeat or a weaker match is told to nobody."""
    bus, heard = AlertBus(), []
    stop = bus.subscribe(heard.append)
    bus.publish_recorded(
        PINE,
        [
            Recorded(hit_id=HitId("h1"), is_new=True, alerts=True),
            Recorded(hit_id=HitId("h2"), is_new=True, alerts=False),
            Recorded(hit_id=HitId("h3"), is_new=False, alerts=True),
        ],
    )
    bus.publish_recorded(PINE, [Recorded(hit_id=HitId("h4"), is_new=True, alerts=False)])
    stop()
    bus.publish_state(PINE, HitId("h1"), HitState.CORRECT)
    assert [AlertsCame(operator=PINE, hit_ids=(HitId("h1"), HitId("h3")))] == heard


def test_a_listener_that_fails_silences_nobody() -> None:
    """The others hear, and the publisher goes on."""
    bus, heard = AlertBus(), []

    def broken(_: BusEvent) -> None:
        raise RuntimeError("out of order")

    bus.subscribe(broken)
    bus.subscribe(heard.append)
    bus.publish_state(PINE, HitId("h1"), HitState.CORRECT)
    assert 1 == len(heard)

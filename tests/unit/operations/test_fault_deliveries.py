"""Faults leave by the outbox, and alerts that do not get through are a fault themselves."""

from datetime import timedelta
from typing import Any

from lockplate.alerting.events import FaultEvent
from lockplate.hotlist import Category
from lockplate.operations.alerts import AddChannel, DeliveriesOf, RetryDeliveries
from lockplate.operations.hotlists import AddHotList
from lockplate.operations.watching import look
from lockplate.registry.channel_targets import ChannelKind
from lockplate.registry.deliveries import DeliveryState, Subject
from lockplate.registry.faults import FaultKind
from lockplate.terms import OperatorId

PINE = OperatorId("pine-county")


def kinds(county: Any) -> set[FaultKind]:
    return {fault.kind for fault in county.node.registries.faults.list_open(PINE)}


def test_a_fault_is_told_and_one_that_cannot_be_told_is_a_fault(county: Any) -> None:
    """A list without a file is put into the outbox once; undelivered for ten minutes, then given up, it is a fault; delivered, none."""
    asked = AddChannel(
        kind=ChannelKind.WEBHOOK, person="ada", operator=PINE, url="https://alerts.example/hook", faults=True, alerts=False
    )  # fmt: skip
    made = county.run("alerts.channel.add", asked, "sam", there=True)
    heard: list[Any] = []
    stop = county.node.bus.subscribe(heard.append)
    new = AddHotList(
        operator=PINE,
        name="No file ever",
        categories=(Category.MISSING,),
        source="desk",
        legal_basis="cite",
        max_age_hours=24,
    )
    list_id = county.run("hotlist.add", new).hot_list.list_id
    county.clock.advance(timedelta(hours=2))
    look(county.node)
    look(county.node)
    stop()
    told = [one for one in heard if isinstance(one, FaultEvent) and one.subject == list_id]
    assert [("list_never", True)] == [(one.kind, one.open) for one in told]
    waiting = [
        one
        for one in county.node.registries.deliveries.list_all(PINE)
        if one.channel == made.channel.channel and one.fault_kind == "list_never"
    ]
    assert [(Subject.FAULT, told[0].fault_id, DeliveryState.WAITING)] == [
        (one.subject, one.subject_id, one.state) for one in waiting
    ]

    county.clock.advance(timedelta(minutes=10))
    look(county.node)
    assert FaultKind.ALERTS_UNDELIVERED in kinds(county), "it has waited for ten minutes"
    for one in county.node.registries.deliveries.list_all(PINE):
        county.node.registries.deliveries.settle(one.delivery, DeliveryState.DEAD, "refused", leaf=None, tried=True)
    look(county.node)
    assert FaultKind.ALERTS_UNDELIVERED in kinds(county), "it was given up"
    (line,) = [
        one
        for one in county.run("alerts.deliveries", DeliveriesOf(operator=PINE), "uma")
        if one.fault_kind == "list_never"
    ]
    county.run("alerts.retry", RetryDeliveries(operator=PINE, all_dead=True), "sam", there=True)
    for one in county.node.registries.deliveries.list_all(PINE):
        county.node.registries.deliveries.settle(one.delivery, DeliveryState.DELIVERED, "200", leaf=None, tried=True)
    look(county.node)
    assert FaultKind.ALERTS_UNDELIVERED not in kinds(county)
    assert line.delivery

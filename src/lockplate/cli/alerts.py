"""`lockplate alerts …`: who hears of alerts, by which way; what became of each; alerts as they come.

What flows in: a channel's description; who watches. What flows out: channels, deliveries, alerts as lines.
What it must never see: a password among its words: those come from files.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import FAILED, print_json, print_lines, print_table, told_errors
from lockplate.cli.secret_words import read_password
from lockplate.cli.session import Session
from lockplate.cli.watching import watch
from lockplate.errors import BadInput
from lockplate.hotlist import Category, Priority
from lockplate.operations.alerts import AddChannel, ChannelName, ChannelsOf, DeliveriesOf, RetryDeliveries
from lockplate.registry.channel_filters import Weekday
from lockplate.registry.channel_targets import ChannelKind, Content, Security
from lockplate.registry.deliveries import DeliveryState

alerts = typer.Typer(no_args_is_help=True, help="Who hears of alerts, and what became of each.")
channels = typer.Typer(no_args_is_help=True, help="Ways by which people hear of alerts.")
alerts.add_typer(channels, name="channel")
alerts.command("watch")(watch)

ChannelArgument = Annotated[str, typer.Argument(metavar="CHANNEL", help="A channel's id, as `channel list` shows it.")]


@channels.command("add")
def add(
    kind: Annotated[ChannelKind, typer.Argument(help="How alerts travel.")],
    hearer: Annotated[str, typer.Option("--for", metavar="USER", help="Who hears of alerts by it.")],
    content: Annotated[Content, typer.Option(help="What leaves: a notice without the plate, or all of it.")] = (
        Content.NOTICE
    ),
    url: Annotated[str, typer.Option(metavar="URL", help="webhook: where to post.")] = "",
    server: Annotated[str, typer.Option(metavar="HOST:PORT", help="mqtt: the broker; email: the mail server.")] = "",
    security: Annotated[Security, typer.Option(help="mqtt, email: how the way there is protected.")] = Security.NONE,
    topic: Annotated[str, typer.Option(help="mqtt: where to publish.")] = "",
    sender: Annotated[str, typer.Option("--from", metavar="ADDRESS", help="email: whose mails they are.")] = "",
    recipient: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="email: who gets them.")] = "",
    username: Annotated[str, typer.Option(help="mqtt, email: the name to log in with.")] = "",
    password_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Its first line is the password.")] = None,
    ca_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Trust these certificates (PEM) instead.")
    ] = None,
    lists: Annotated[list[str] | None, typer.Option("--list", metavar="ID", help="Only this list; repeatable.")] = None,
    priorities: Annotated[list[Priority] | None, typer.Option("--priority", help="Only this; repeatable.")] = None,
    categories: Annotated[list[Category] | None, typer.Option("--category", help="Only this; repeatable.")] = None,
    readers: Annotated[list[str] | None, typer.Option("--reader", metavar="R", help="Only this; repeatable.")] = None,
    groups: Annotated[list[str] | None, typer.Option("--group", metavar="G", help="Readers; repeatable.")] = None,
    days: Annotated[list[Weekday] | None, typer.Option("--day", help="Only on this day; repeatable.")] = None,
    hours: Annotated[
        str, typer.Option(metavar="HH:MM-HH:MM", help="In the operator's time; may go over midnight.")
    ] = "",
    no_alerts: Annotated[bool, typer.Option("--no-alerts", help="It takes no alerts: for --faults.")] = False,
    faults: Annotated[bool, typer.Option("--faults", help="It takes faults of readers and lists.")] = False,
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Make a channel; a webhook's signing secret is printed, once."""
    with told_errors(as_json=as_json):
        request = AddChannel(
            kind=kind,
            person=hearer,
            operator=operator,
            content=content,
            url=url,
            server=server,
            security=security,
            topic=topic,
            sender=sender,
            recipient=recipient,
            username=username,
            password="" if password_file is None else read_password(password_file),
            ca_pem="" if ca_file is None else _text(ca_file),
            lists=tuple(lists or ()),
            priorities=tuple(priorities or ()),
            categories=tuple(categories or ()),
            readers=tuple(readers or ()),
            groups=tuple(groups or ()),
            days=tuple(days or ()),
            hours=hours,
            alerts=not no_alerts,
            faults=faults,
        )
        made = Session(settings_of(home)).run("alerts.channel.add", request, person=person)
        if as_json:
            print_json(made)
            return
        one = made["channel"]
        print_lines([f"{one['channel']}: {one['kind']} to {one['where']} for {one['person']}, {one['content']}."])
        if made["signing_secret"]:
            print_lines([f"Signing secret, shown this once: {made['signing_secret']}"])


@channels.command("list")
def list_channels(
    operator: Operator = "",
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended, too.")] = False,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List channels: what was delivered, what waits since when and why, what was given up."""
    with told_errors(as_json=as_json):
        request = ChannelsOf(operator=operator, ended=ended)
        lines = Session(settings_of(home)).run("alerts.channel.list", request, person=person)
        if as_json:
            print_json(lines)
        else:
            head = ["channel", "way", "where", "for", "says", "takes", "delivered", "waiting", "since", "why", "dead"]
            print_table(head, [_channel_row(line) for line in lines])


@channels.command("test")
def try_out(channel: ChannelArgument, person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Send a trial without an alert in it. Exit 1 when it did not get through."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("alerts.channel.test", ChannelName(channel=channel), person=person)
        if as_json:
            print_json(told)
        else:
            print_lines([f"{told['channel']}: {'taken' if told['delivered'] else 'NOT taken'}, {told['code']}."])
    if not told["delivered"]:
        raise typer.Exit(FAILED)


@channels.command("end")
def end(channel: ChannelArgument, person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """End a channel for good; its address and secrets are deleted."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("alerts.channel.end", ChannelName(channel=channel), person=person)
        if as_json:
            print_json(told)
        else:
            print_lines([f"{told['channel']}: ended."])


@alerts.command("deliveries")
def deliveries(
    state: Annotated[DeliveryState | None, typer.Option(help="Of this state only.")] = None,
    channel: Annotated[str, typer.Option(metavar="CHANNEL", help="Of this channel only.")] = "",
    limit: Annotated[int, typer.Option(help="The newest so many.", min=1, max=1000)] = 100,
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List deliveries, newest first: what became of each, after how many tries, and why."""
    with told_errors(as_json=as_json):
        request = DeliveriesOf(operator=operator, state=state, channel=channel, limit=limit)
        found = Session(settings_of(home)).run("alerts.deliveries", request, person=person)
        if as_json:
            print_json(found)
        else:
            head = ["delivery", "channel", "of", "state", "tries", "last", "made", "settled or next try", "record"]
            print_table(head, [_delivery_row(one) for one in found])


@alerts.command("retry")
def retry(
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="A dead delivery's id.")] = "",
    all_dead: Annotated[bool, typer.Option("--all-dead", help="All that are dead.")] = False,
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Try dead deliveries again, from the beginning."""
    with told_errors(as_json=as_json):
        request = RetryDeliveries(delivery=delivery, all_dead=all_dead, operator=operator)
        told = Session(settings_of(home)).run("alerts.retry", request, person=person)
        if as_json:
            print_json(told)
        else:
            print_lines([f"{told['deliveries']} deliveries are tried again."])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"cannot read {path.name}", code="no_file") from None


def _channel_row(line: dict[str, Any]) -> list[object]:
    one, standing = line["channel"], line["standing"]
    takes = [word for word in ("alerts", "faults") if one["filter"][word]]
    return [
        one["channel"],
        one["kind"],
        one["where"] if one["ended_at"] is None else "ended",
        one["person"],
        one["content"],
        " and ".join(takes),
        standing["delivered"],
        standing["waiting"],
        standing["oldest_waiting"],
        standing["last_code"],
        standing["dead"],
    ]


def _delivery_row(one: dict[str, Any]) -> list[object]:
    then = one["settled_at"] or one["next_try_at"]
    return [
        one["delivery"],
        one["channel"],
        one["subject_id"],
        one["state"],
        one["attempts"],
        one["last_code"],
        one["created_at"],
        then,
        one["leaf"],
    ]

"""`lockplate listen mqtt`: bring what cameras publish on a broker to a node, with a reader's key.

What flows in: a broker, topics, a node's address, a file with a reader's key. What flows out: posts; a report.
What it must never see: a node's folder; it is a client like any reader. No key or password among its words.
"""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from lockplate.cli.options import Json
from lockplate.cli.output import print_json, print_lines, told_errors
from lockplate.cli.secret_words import read_password
from lockplate.cli.serving import configure_logging
from lockplate.errors import BadInput
from lockplate.listening.mqtt import BrokerAddress, MqttListener, require_topics
from lockplate.listening.posting import Poster
from lockplate.operations.plain import plain
from lockplate.readers.formats import format_names

listen = typer.Typer(no_args_is_help=True, help="Bring to a node what cameras say elsewhere.")

PORT, TLS_PORT = 1883, 8883
MAX_PORT = 65_535


@listen.callback()
def start() -> None:
    """Bring to a node what cameras say elsewhere."""


@listen.command("mqtt")
def mqtt(
    broker: Annotated[str, typer.Option(metavar="HOST[:PORT]", help="The broker.")],
    topics: Annotated[list[str], typer.Option("--topic", metavar="T", help="What to listen to; repeatable.")],
    url: Annotated[str, typer.Option(metavar="URL", help="The node.")],
    reader_key_file: Annotated[Path, typer.Option(metavar="FILE", help="Its first line is the reader's key.")],
    format_name: Annotated[str, typer.Option("--format", help="The payload format; told by shape when left out.")] = "",
    client_id: Annotated[
        str, typer.Option(help="The name at the broker; another one for each listener.")
    ] = "lockplate-listener",
    username: Annotated[str, typer.Option(help="The name to log in with.")] = "",
    password_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Its first line is the password.")] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Speak TLS to the broker.")] = False,
    ca_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Trust these certificates (PEM) instead; means --tls.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Listen to topics of an MQTT broker and post each message to a node, until Ctrl-C."""
    with told_errors(as_json=as_json):
        if format_name and format_name not in format_names():
            raise BadInput("no format of that name", code="unknown_format", next_step="See `lockplate parse --help`.")
        is_protected = tls or ca_file is not None
        host, port = _broker(broker, TLS_PORT if is_protected else PORT)
        address = BrokerAddress(
            host=host,
            port=port,
            topics=require_topics(topics),
            client_id=client_id,
            username=username,
            password="" if password_file is None else read_password(password_file),
            tls=is_protected,
            ca_file=None if ca_file is None else str(_readable(ca_file)),
        )
        configure_logging()
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        poster = Poster(url, read_password(reader_key_file), format_name, stop)
        try:
            listener = MqttListener(address, poster, stop)
            if not as_json:
                print_lines([f"Listening at {host}:{port} for {url} (Ctrl-C stops)"])
            listener.run()
        finally:
            poster.close()
        report = plain(listener.counts) | plain(poster.counts)
        if as_json:
            print_json(report)
        else:
            print_lines([f"{name}: {value}" for name, value in report.items()])


def _broker(text: str, default: int) -> tuple[str, int]:
    """Return host and port, or raise BadInput; an IPv6 address stands in brackets."""
    host, found, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not found:
        host, port = text, str(default)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) <= MAX_PORT):
        raise BadInput("a broker is HOST or HOST:PORT", code="bad_broker", next_step="Example: 127.0.0.1:1883")
    return host, int(port)


def _readable(path: Path) -> Path:
    if not path.is_file():
        raise BadInput(f"cannot read {path.name}", code="no_file")
    return path

"""`lockplate witness …`: a witness that cosigns other people's logs. It needs no node, and best no machine of theirs.

What flows in: a folder, a key file, keys of logs. What flows out: a server; what it has seen; its public keys.
What it must never see: a key on the command line or on the screen; a node.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.options import Json
from lockplate.cli.output import FAILED, print_json, print_lines, print_table, told_errors
from lockplate.cli.serving import configure_logging
from lockplate.clock import SystemClock, format_time
from lockplate.errors import BadInput
from lockplate.note import encode_base64
from lockplate.web.witness.serving import serve_witness
from lockplate.witnessing.folder import WitnessFolder
from lockplate.witnessing.seen import KeptEvidence, LogSeen, Suspicion
from lockplate.witnessing.trusting import trust_log

witness = typer.Typer(
    no_args_is_help=True, help="Be a witness: cosign other people's logs, and keep proof when one tells two stories."
)

DEFAULT_STATE = Path("lockplate-witness")
DEFAULT_LISTEN = "127.0.0.1:7380"
MAX_PORT = 65_535

State = Annotated[
    Path,
    typer.Option(
        "--state", metavar="DIR", envvar="LOCKPLATE_WITNESS_STATE", help="The witness's folder.", file_okay=False
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        metavar="FILE",
        envvar="LOCKPLATE_WITNESS_KEY_FILE",
        help="The witness's secret key; DIR.key, beside the folder, when left out. Never inside the folder.",
    ),
]
PROVES = {
    Suspicion.FORK: "The log signed two histories: both notes below are its own.",
    Suspicion.UNPROVED: "The log signed this checkpoint, and the proof sent with it does not lead there.",
    Suspicion.OLDER: "The log signed this checkpoint, which is smaller than what was cosigned and was not seen before.",
}


@witness.command("init")
def init(
    name: Annotated[str, typer.Option(help="A name for good, best like a web address: clerk.example/lockplate-1")],
    state: State = DEFAULT_STATE,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Make a witness: a folder for what it sees, a secret key beside it, and the public keys to give away."""
    with told_errors(as_json=as_json):
        made = WitnessFolder.at(state, key_file)
        vkeys = made.create(name, SystemClock().now())
        if as_json:
            print_json({"name": name, "vkeys": vkeys, "state": str(made.folder), "key_file": str(made.key_file)})
            return
        print_lines(
            [
                f"Witness {name}.",
                f"State: {made.folder}",
                f"Secret key: {made.key_file}",
                "Back the key up once, apart from the state. Never put an old copy of the state back.",
                "",
                "Public keys, to give to whoever checks the log:",
                *vkeys,
            ]
        )


@witness.command("add-log")
def add_log(
    vkey: Annotated[str, typer.Option(metavar="K", help="The log's key, `name+hash+base64`, or a file of it.")],
    another_key: Annotated[
        bool, typer.Option("--another-key", help="Trust this key beside the one that the log has already.")
    ] = False,
    state: State = DEFAULT_STATE,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Watch a log, by the key that its operator published; a running witness takes it up at once."""
    with told_errors(as_json=as_json), WitnessFolder.at(state, key_file).open_state() as opened:
        keys = trust_log(opened, _vkey(vkey), SystemClock().now(), another=another_key)
        if as_json:
            print_json({"origin": keys[0].name, "vkeys": [key.text() for key in keys]})
        else:
            print_lines([f"Watching {keys[0].name} under {len(keys)} key(s):", *(key.text() for key in keys)])


@witness.command("serve")
def serve(
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", envvar="LOCKPLATE_WITNESS_LISTEN", help="Where to listen.")
    ] = DEFAULT_LISTEN,
    state: State = DEFAULT_STATE,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Serve the witness until Ctrl-C: logs ask at /add-checkpoint, people read at /."""
    with told_errors(as_json=as_json):
        host, port = address(listen)
        configure_logging()

        def say_ready(url: str) -> None:
            if as_json:
                print_json({"url": url, "name": opened.name, "vkeys": opened.vkeys})
            else:
                print_lines([f"Witness {opened.name} at {url} (Ctrl-C stops)"])

        with WitnessFolder.at(state, key_file).open(SystemClock()) as opened:
            serve_witness(opened, host, port, on_ready=say_ready)
        if not as_json:
            print_lines(["Stopped; everything that was answered is on disk."])


@witness.command("status")
def status(state: State = DEFAULT_STATE, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Show what the witness has seen of each log. Exit 1 when a log signed two histories."""
    with told_errors(as_json=as_json), WitnessFolder.at(state, key_file).open_state() as opened:
        logs = opened.logs()
        if as_json:
            print_json({"name": opened.vkeys()[0].partition("+")[0], "logs": [_told_log(log) for log in logs]})
        else:
            columns = ["log", "newest size", "signed", "forks", "unproved", "older"]
            print_table(columns, [[one[name] for name in _COLUMNS] for one in map(_told_log, logs)])
            print_lines([_FORKED.format(log.origin) for log in logs if log.forks])
    if any(log.forks for log in logs):
        raise typer.Exit(FAILED)


@witness.command("evidence")
def evidence(
    origin: Annotated[str, typer.Option(metavar="LOG", help="Only of this log.")] = "",
    state: State = DEFAULT_STATE,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Show what was refused and kept: requests that a log signed and that do not fit what it signed before."""
    with told_errors(as_json=as_json), WitnessFolder.at(state, key_file).open_state() as opened:
        kept = [_told_evidence(one) for one in opened.evidence(origin)]
        if as_json:
            print_json({"evidence": kept})
        elif not kept:
            print_lines(["Nothing was refused that says anything against a log."])
        for one in kept if not as_json else ():
            print_lines([f"{one['at']} · {one['origin']} · size {one['size']} · {one['suspicion']}", one["says"], ""])
            for title, text in (("The request:", one["request"]), ("What it does not fit:", one["against"])):
                print_lines([title, *(f"    {line}" for line in text.rstrip("\n").split("\n")), ""])


@witness.command("keys")
def keys(state: State = DEFAULT_STATE, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Print the witness's public keys: Ed25519, then ML-DSA-44."""
    with told_errors(as_json=as_json), WitnessFolder.at(state, key_file).open_state() as opened:
        vkeys = opened.vkeys()
        if as_json:
            print_json({"name": vkeys[0].partition("+")[0], "vkeys": vkeys})
        else:
            print_lines(vkeys)


def address(listen: str) -> tuple[str, int]:
    """Return host and port, or raise BadInput; an IPv6 address stands in brackets."""
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) <= MAX_PORT):
        raise BadInput("where to listen is HOST:PORT", code="bad_listen", next_step=f"Example: {DEFAULT_LISTEN}")
    return host, int(port)


_COLUMNS = ("origin", "size", "at", "forks", "unproved", "older")
_FORKED = "TWO HISTORIES: {} signed both. Print them with `lockplate witness evidence`, and keep everything."


def _vkey(given: str) -> str:
    """Return the key itself, from the option or from the file that it names."""
    if "+" in given:
        return given.strip()
    try:
        return Path(given).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadInput(
            "neither a log's key nor a file of one", code="bad_vkey", next_step="A key is name+hash+base64."
        ) from None


def _told_log(log: LogSeen) -> dict[str, object]:
    newest = log.newest
    return {
        "origin": log.origin,
        "vkeys": [key.text() for key in log.keys],
        "size": None if newest is None else newest.size,
        "root": None if newest is None else encode_base64(newest.root),
        "at": None if newest is None else format_time(newest.at),
        "forks": log.forks,
        "unproved": log.unproved,
        "older": log.older,
    }


def _told_evidence(kept: KeptEvidence) -> dict[str, Any]:
    return {
        "origin": kept.origin,
        "suspicion": kept.suspicion.value,
        "says": PROVES[kept.suspicion],
        "size": kept.size,
        "root": encode_base64(kept.root),
        "at": format_time(kept.at),
        "request": kept.request,
        "against": kept.against,
    }

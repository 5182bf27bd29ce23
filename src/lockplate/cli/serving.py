"""`lockplate serve`: the node's server, in this process.

What flows in: a home folder. What flows out: a server until Ctrl-C.
What it must never see: a key.
"""

import contextlib
import sys
from typing import Annotated, TextIO, cast

import structlog
import typer

from lockplate.cli.options import DEFAULT_HOME, Home, settings_of
from lockplate.cli.output import print_lines, told_errors
from lockplate.cli.session import Session
from lockplate.web.pages.routes import PAGE_ROUTES
from lockplate.web.serving import serve as serve_node


def serve(
    home: Home = DEFAULT_HOME,
    host: Annotated[str | None, typer.Option(help="Address to listen on; LOCKPLATE_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; LOCKPLATE_PORT.")] = None,
) -> None:
    """Serve the node: readers, questions, pages and the log, until Ctrl-C."""
    with told_errors(as_json=False):
        configure_logging()
        settings = settings_of(home, host=host, port=port)
        with Session(settings).open() as node:
            serve_node(node, PAGE_ROUTES, on_ready=lambda url: print_lines([f"Serving {home} at {url} (Ctrl-C stops)"]))
        print_lines(["Stopped; everything that was acknowledged is on disk."])


def configure_logging() -> None:
    """Write the server's own log as JSON lines to standard output; a line that finds no room fails nobody's request."""
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", UnfailingOutput())),
    )


class UnfailingOutput:
    """Standard output for a log: on a full disk, or with nobody at the other end, a line is lost and nothing else."""

    def write(self, text: str) -> int:
        """Write a line, or lose it."""
        with contextlib.suppress(OSError):
            sys.stdout.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written, or lose it."""
        with contextlib.suppress(OSError):
            sys.stdout.flush()

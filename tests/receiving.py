"""Those who receive alerts: a web server that can fail, stall or redirect; a broker; both on loopback, both real."""

import base64
import contextlib
import getpass
import hashlib
import hmac
import ipaddress
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lockplate.cli.session import Session
from lockplate.hotlist import Category
from lockplate.operations.hotlists import AddHotList, ImportHotList
from lockplate.operations.people import NewPerson
from lockplate.operations.readers import AddReader
from lockplate.terms import Role
from running import Home, Server, free_port

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
HAS_MOSQUITTO = Path(MOSQUITTO).exists() and bool(shutil.which("mosquitto_pub")) and bool(shutil.which("mosquitto_sub"))
needs_mosquitto = pytest.mark.skipif(
    not HAS_MOSQUITTO, reason="NO BROKER: mosquitto and mosquitto-clients are absent, MQTT was not tried"
)


@dataclass
class Received:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Say whether the signature holds, as a stranger's program would check it."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{wanted}" in self.headers["webhook-signature"].split(" ")


@dataclass
class Webhook:
    """A web server that writes down what it gets and answers what it is told to."""

    port: int
    scheme: str = "http"
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], tuple[int, dict[str, str], float]] = lambda _: (204, {}, 0.0)
    """Status, headers, and seconds to wait before answering."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.received]


@contextmanager
def webhook(port: int | None = None, context: ssl.SSLContext | None = None) -> Iterator[Webhook]:
    """Serve a webhook until the block ends; with a context over TLS."""
    hook = Webhook(port or free_port(), "http" if context is None else "https")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            one = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length))
            hook.received.append(one)
            status, headers, seconds = hook.answer(one)
            time.sleep(seconds)
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in ({"content-length": "0"} | headers).items():
                    self.send_header(name, value)
                self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", hook.port), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # whoever hangs up is no news here
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Authority:
    """A certificate for this machine, and whoever signed it, made for one test."""

    ca: Path
    certificate: Path
    key: Path


def authority(folder: Path) -> Authority:
    """Make an authority and a certificate for 127.0.0.1 and localhost."""
    now = datetime.now(UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("invented authority", "localhost")]
    hosts = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = []
    for place, is_ca in ((0, True), (1, False)):
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[place])
            .issuer_name(names[0])
            .public_key(keys[place].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[place].public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False)
        )
        if is_ca:
            usage = dict.fromkeys(
                ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                 "encipher_only", "decipher_only"), False,
            )  # fmt: skip
            builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        else:
            builder = builder.add_extension(hosts, critical=False)
        made.append(builder.sign(keys[0], hashes.SHA256()))
    files = Authority(folder / "ca.pem", folder / "certificate.pem", folder / "key.pem")
    files.ca.write_bytes(made[0].public_bytes(serialization.Encoding.PEM))
    files.certificate.write_bytes(made[1].public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        keys[1].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


@dataclass
class Broker:
    """A running mosquitto."""

    port: int
    process: "subprocess.Popen[bytes]"
    folder: Path
    more: Sequence[str] = ()
    """What the clients need to get in."""

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self.port}"

    def publish(self, topic: str, message: str, *, qos: int = 1) -> None:
        words = ["mosquitto_pub", "-p", str(self.port), "-t", topic, "-q", str(qos), "-m", message, *self.more]
        subprocess.run(words, check=True, timeout=20)

    @contextmanager
    def subscribed(self, topic: str) -> Iterator[list[Any]]:
        """Collect the messages of a topic, as JSON, with mosquitto's own client; it is subscribed when this begins."""
        words = ["mosquitto_sub", "-p", str(self.port), "-t", topic, "-t", "ready", "-q", "1", *self.more]
        got: list[Any] = []
        ready = threading.Event()
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as client:

            def read() -> None:
                assert client.stdout is not None
                for line in client.stdout:
                    if line.strip() == "ready":
                        ready.set()
                    else:
                        got.append(json.loads(line))

            thread = threading.Thread(target=read)
            thread.start()
            try:
                until(lambda: self._is_ready(ready))
                yield got
            finally:
                client.terminate()
                client.wait(10)
                thread.join()

    def _is_ready(self, ready: threading.Event) -> bool:
        self.publish("ready", "ready")
        return ready.wait(0.2)


@contextmanager
def broker(folder: Path, *, settings: str = "", port: int | None = None, more: Sequence[str] = ()) -> Iterator[Broker]:
    """Run mosquitto on a loopback port until the block ends; without settings as Debian starts it, for this machine."""
    port = port or free_port()
    words = [MOSQUITTO, "-v", "-p", str(port)]
    if settings:
        file = folder / f"mosquitto-{port}.conf"
        # started by root it would become another user, who may not read a test's folder
        file.write_text(f"user {getpass.getuser()}\nlistener {port} 127.0.0.1\n{settings}\n")
        words = [MOSQUITTO, "-v", "-c", str(file)]
    with (folder / f"mosquitto-{port}.log").open("ab") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder)
    running = Broker(port, process, folder, more)
    try:
        until(lambda: _accepts(running))
        yield running
    finally:
        process.terminate()
        process.wait(20)


def _accepts(running: Broker) -> bool:
    assert running.process.poll() is None, "mosquitto ended"
    words = ["mosquitto_pub", "-p", str(running.port), "-t", "ping", "-q", "1", "-m", "x", *running.more]
    return subprocess.run(words, check=False, capture_output=True, timeout=20).returncode == 0


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds; it has to, sooner or later."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def stays(holds: Callable[[], object], seconds: float = 1.0) -> None:
    """See that something goes on to hold for a while."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert holds()
        time.sleep(0.05)


# A node that has alerts

LISTED = "4HJK882"
"""An invented plate that the list below names."""


PEOPLE = {"olga": Role.OFFICER, "sam": Role.SUPERVISOR, "ada": Role.ADMINISTRATOR, "uma": Role.AUDITOR}


def found(home: Home, *plates: str) -> str:
    """Make a node with people, a reader and a list of plates, by the program's own commands; return the reader's key."""
    home.json("init", "--operator", "pine", "--profile", "us-ca")
    session = Session(home.settings)
    with session.held():
        for person, role in PEOPLE.items():
            session.run("user.add", NewPerson(person=person, agency="pine", display_name=person, roles=(role,)))
        key = session.run("reader.add", AddReader(reader="bridge", name="Bridge", groups=("north",)))["key"]
        described = AddHotList(
            name="Stolen today",
            categories=(Category.STOLEN_VEHICLE,),
            source="desk",
            legal_basis="invented 1",
            max_age_hours=24,
        )
        list_id = session.run("hotlist.add", described)["hot_list"]["list_id"]
        text = "plate,expires\n" + "".join(f"{plate},2099-01-01\n" for plate in plates or (LISTED,))
        session.run("hotlist.import", ImportHotList(list_id=list_id, content=text))
    return str(key)


def ask(server: Server, command: str, person: str = "sam", /, **fields: Any) -> Any:
    """Return what a command gives at the running server, on a person's word."""
    headers = {"authorization": f"Bearer {server.run_token}", "x-lockplate-person": person}
    with server.client(**headers) as client:
        told = client.post(f"/v1/{command.replace('.', '/')}", content=json.dumps(fields))
    assert told.status_code == 200, told.text
    return told.json()


def send(server: Server, key: str, plate: str = LISTED, number: int = 0, at: float | None = None) -> None:
    """Send one read, as an OpenALPR agent does; the server has it durably when this returns."""
    message = {
        "data_type": "alpr_results",
        "epoch_time": int((at or time.time()) * 1000),
        "uuid": f"u-{plate}-{number}-{time.monotonic_ns()}",
        "results": [{"plate": plate, "confidence": 90.0}],
    }
    with server.client(**{"x-reader-key": key}) as client:
        told = client.post("/v1/reads/openalpr", content=json.dumps(message))
    assert (200, 1) == (told.status_code, told.json()["accepted"]), told.text

"""Sender: against a real HTTP server on this machine that refuses, breaks off and answers as nodes do."""

import threading
from collections import defaultdict
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lockplate.errors import BadInput
from lockplate.simulate.fleet import Fleet
from lockplate.simulate.sender import DEFAULT_RETRY_SECONDS, LONGEST_RETRY_SECONDS, retry_after, send


class Node(ThreadingHTTPServer):
    """A server that keeps what it accepted and answers by a script."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.arrived = 0
        self.accepted = defaultdict(list)
        self.connections = defaultdict(set)
        self.paths = set()
        self.answer = lambda _number: (202, {})
        self.on_accept = lambda _count: None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """Say nothing: some tests break connections on purpose."""


class Handler(BaseHTTPRequestHandler):
    """One connection of one reader."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        node = self.server
        with node.lock:
            node.arrived += 1
            number = node.arrived
        key = self.headers["X-Reader-Key"]
        status, headers = node.answer(number)
        if status is None:
            self.close_connection = True
            return
        with node.lock:
            node.connections[key].add(self.client_address)
            node.paths.add(self.path)
            if status == 202:
                node.accepted[key].append((self.headers["Content-Type"], body))
                count = sum(map(len, node.accepted.values()))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        if status == 202:
            node.on_accept(count)

    def log_message(self, *arguments):
        """Keep the test's output clean."""


@pytest.fixture
def node():
    """A running server, closed afterwards."""
    server = Node()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def messages(fleet, morning):
    """Some three hundred messages of many readers."""
    return list(fleet.messages(morning, morning + timedelta(minutes=12)))[:300]


@pytest.fixture(scope="module")
def keys(fleet):
    """A key for every reader, equal to its id with a mark."""
    return {reader.reader_id: f"key-of-{reader.reader_id}" for reader in fleet.readers()}


def wanted(messages):
    """Return what each reader sends, in order."""
    bodies = defaultdict(list)
    for message in messages:
        bodies[f"key-of-{message.reader_id}"].append((message.content_type, message.body))
    return bodies


def test_everything_arrives_in_each_readers_order(node, messages, keys):
    """Every body arrives as it was, under its reader's key, with its content type, in its reader's order."""
    report = send(messages, node.url, keys)

    assert wanted(messages) == node.accepted
    assert (report.sent, report.acknowledged, report.retried, report.failed) == (300, 300, 0, 0)
    assert report.by_status == {202: 300}
    assert {message.path for message in messages} == node.paths
    assert 0 < report.p50_ms <= report.p99_ms
    assert not report.stopped


def test_each_reader_keeps_one_connection(node, messages, keys):
    """As long as the node keeps a connection open, a reader uses no other."""
    send(messages, node.url, keys)

    assert all(len(addresses) == 1 for addresses in node.connections.values())
    assert len({message.reader_id for message in messages}) == len(node.connections)


def test_a_503_is_waited_out_and_sent_again(node, messages, keys):
    """A node that refuses every third request still gets everything, once each and in order."""
    node.answer = lambda number: (503, {"Retry-After": "0"}) if number % 3 == 0 else (202, {})
    report = send(messages, node.url, keys)

    assert wanted(messages) == node.accepted
    assert report.acknowledged == 300
    assert report.retried == report.by_status[503] > 100
    assert report.failed == 0


def test_a_broken_connection_is_tried_again(node, messages, keys):
    """A node that now and then closes without an answer still gets everything."""
    node.answer = lambda number: (None, {}) if number % 10 == 0 else (202, {})
    report = send(messages, node.url, keys)

    assert wanted(messages) == node.accepted
    assert report.acknowledged == 300
    assert report.retried >= 30


def test_a_refusal_is_not_sent_again(node, messages, keys):
    """401 will not become 202 by asking again: counted as failed, sent once."""
    node.answer = lambda number: (401, {}) if number == 1 else (202, {})
    report = send(messages, node.url, keys)

    assert (report.sent, report.acknowledged, report.failed, report.retried) == (300, 299, 1, 0)
    assert report.by_status == {202: 299, 401: 1}


def test_attempts_come_to_an_end(node, messages, keys):
    """A node that is always busy is given up after the attempts allowed."""
    node.answer = lambda _number: (503, {"Retry-After": "0"})
    report = send(messages[:5], node.url, keys, attempts=3)

    assert (report.sent, report.acknowledged, report.failed, report.retried) == (5, 0, 5, 10)
    assert report.by_status == {503: 15}


def test_a_node_that_is_not_there_fails_every_message(messages, keys):
    """No server at all: every message fails, none hangs, no status is made up."""
    server = Node()
    url = server.url
    server.server_close()
    report = send(messages[:3], url, keys, attempts=2)

    assert (report.sent, report.acknowledged, report.failed, report.retried) == (3, 0, 3, 3)
    assert report.by_status == {}


def test_a_count_ends_the_run(node, messages, keys):
    """No more than `most` messages go out."""
    report = send(messages, node.url, keys, most=25)

    assert 25 == report.sent == report.acknowledged == node.arrived


def test_a_duration_ends_the_run(node, messages, keys):
    """At real time, minutes of messages do not all fit into a fifth of a second."""
    report = send(messages, node.url, keys, 1.0, seconds=0.2)

    assert report.sent < 100
    assert report.seconds >= 0.2
    assert not report.stopped


def test_a_rate_is_kept(node, messages, keys):
    """Forty messages at two hundred a second take no less than 39 intervals."""
    report = send(messages[:40], node.url, keys, per_second=200.0)

    assert report.acknowledged == 40
    assert report.seconds >= 39 / 200


def test_speed_follows_the_messages_own_times(node, messages, keys):
    """A thousand times real time, the run takes no less than a thousandth of the span of the messages."""
    span = (messages[-1].send_at - messages[0].send_at).total_seconds()
    report = send(messages, node.url, keys, 1000.0)

    assert report.acknowledged == 300
    assert report.seconds >= span / 1000


def test_a_stop_event_ends_the_run(node, messages, keys):
    """Once the event is set, nothing new goes out; what waits is counted as given up."""
    stop = threading.Event()
    node.on_accept = lambda count: stop.set() if count >= 10 else None
    report = send(messages, node.url, keys, None, stop)

    assert report.stopped
    assert 10 <= report.acknowledged < 300
    assert report.acknowledged + report.given_up <= 300


def test_a_stop_event_ends_a_long_wait(node, messages, keys):
    """A reader that waits for a busy node stops waiting when told to."""
    stop = threading.Event()

    def busy(_number):
        stop.set()
        return 503, {"Retry-After": "30"}

    node.answer = busy
    report = send(messages[:1], node.url, keys, None, stop)

    assert report.stopped
    assert (report.sent, report.given_up) == (0, 1)


def test_readers_without_a_key_send_nothing(node, messages, keys):
    """A reader that nobody registered is counted, not sent under another's name."""
    known = messages[0].reader_id
    report = send(messages, node.url, {known: keys[known]})
    own = sum(message.reader_id == known for message in messages)

    assert own == report.acknowledged == node.arrived
    assert 300 - own == report.without_key


@pytest.mark.parametrize(
    "address",
    [
        "http://192.0.2.7:8420",
        "http://example.org",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://0.0.0.0:8420",
        "http://127.0.0.1@192.0.2.7/",
        "http://[2001:db8::1]:8420",
    ],
)
def test_another_machine_is_refused(address, messages, keys):
    """Only loopback is accepted; nothing is sent, not even a name looked up."""
    with pytest.raises(BadInput) as refused:
        send(messages, address, keys)

    assert refused.value.code == "not_loopback"


@pytest.mark.parametrize("address", ["", "127.0.0.1:8420", "ftp://127.0.0.1", "http://", "http://127.0.0.1:99999"])
def test_what_is_no_address_is_refused(address, messages, keys):
    """Something that is not an HTTP address is the caller's mistake."""
    with pytest.raises(BadInput) as refused:
        send(messages, address, keys)

    assert refused.value.code == "bad_address"


def test_another_machine_is_allowed_when_said(messages, keys):
    """With leave the address is accepted: the attempt itself fails here, since nothing listens."""
    server = Node()
    port = server.server_address[1]
    server.server_close()
    report = send(messages[:1], f"http://127.0.0.1:{port}", keys, attempts=1, allow_remote=True)

    assert report.failed == 1


@pytest.mark.parametrize("key", ["", "two\r\nlines", "ключ"])
def test_a_key_that_no_header_can_carry_is_refused(key, messages):
    """A broken key is refused before anything is sent."""
    with pytest.raises(BadInput) as refused:
        send(messages, "http://127.0.0.1:9", {messages[0].reader_id: key})

    assert refused.value.code == "bad_reader_key"


@pytest.mark.parametrize(
    "limits",
    [{"speed": 0.0}, {"per_second": -1.0}, {"most": 0}, {"seconds": 0.0}, {"speed": 1.0, "per_second": 1.0}],
)
def test_limits_that_mean_nothing_are_refused(limits, messages, keys):
    """A speed, rate, count or duration of nothing, or two paces at once, is the caller's mistake."""
    with pytest.raises(BadInput) as refused:
        send(messages, "http://127.0.0.1:9", keys, **limits)

    assert refused.value.code == "bad_pace"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (None, DEFAULT_RETRY_SECONDS),
        ("soon", DEFAULT_RETRY_SECONDS),
        ("-4", DEFAULT_RETRY_SECONDS),
        ("nan", DEFAULT_RETRY_SECONDS),
        ("86400", LONGEST_RETRY_SECONDS),
        ("Tue, 24 Nov 2026 08:00:00 GMT", DEFAULT_RETRY_SECONDS),
    ],
)
def test_retry_after_is_bounded(header, seconds):
    """Seconds are taken as they are up to a bound; anything else means the default."""
    assert seconds == retry_after(header)


def test_a_message_generator_that_fails_ends_the_run(node, fleet, morning, keys):
    """An error in the source of messages reaches the caller, and no thread is left behind."""

    def failing():
        yield from list(fleet.messages(morning, morning + timedelta(minutes=1)))[:3]
        raise BadInput("the source broke off")

    with pytest.raises(BadInput):
        send(failing(), node.url, keys)

    assert not [thread for thread in threading.enumerate() if thread.name == "simulated readers"]


def test_live_messages_can_be_sent_as_they_are_made(node, morning, keys):
    """A generator is consumed as it goes, so a fleet can run for days."""
    fleet = Fleet(2, 10, passages_per_hour=2000)
    report = send(fleet.messages(morning, morning + timedelta(days=2)), node.url, keys, most=60)

    assert report.acknowledged == 60

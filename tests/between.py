"""Between: a server on loopback that stands between two nodes, or in the place of one, and changes what it likes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

PASSED_ON = ("content-type", "cookie", "x-csrf-token", "accept-encoding")
Answer = tuple[int, dict[str, str], bytes]
Change = Callable[[str, bytes, Callable[[bytes], Answer]], Answer]
"""Path, body, and a way to send a body on → what is answered."""


@contextmanager
def between(url: str, change: Change) -> Iterator[str]:
    """Serve until the block ends, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            status, headers, content = change(self.path, body, self.passed_on)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def passed_on(self, body: bytes) -> Answer:
            headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
            with httpx.Client(timeout=60, trust_env=False) as client:
                told = client.post(url + self.path, content=body, headers=headers)
            kept = {name: told.headers[name] for name in ("content-type", "set-cookie") if name in told.headers}
            return told.status_code, kept, told.content

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

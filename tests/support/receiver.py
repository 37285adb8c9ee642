# SPDX-License-Identifier: Apache-2.0
"""Owns a receiver of events that does what a test says, and checks signatures by itself:
nothing here but Python's own hmac."""
import base64
import collections
import hmac
import http.server
import json
import threading
import time

from support.issuer import Server
from support.program import wait_until

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(bytes(range(64))).decode()
TOLERANCE_S = 300


class Delivery(collections.namedtuple("Delivery", "method path headers body at")):
    """One request, as it came."""

    @property
    def id(self):
        return self.headers["webhook-id"]

    @property
    def event(self):
        return json.loads(self.body)

    def is_signed_with(self, secret):
        stamp = self.headers["webhook-timestamp"]
        if abs(time.time() - int(stamp)) > TOLERANCE_S:
            return False
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{stamp}.".encode() + self.body
        wanted = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        return any(hmac.compare_digest(wanted, one)
                   for one in self.headers["webhook-signature"].split(" "))


class Receiver:
    """On a free loopback port, from entering to leaving the context.

    answers    a queue of what comes next: a status, (status, headers, body), or HANG or ENDLESS;
               then 204 for ever
    gate       cleared: every answer is held back until it is set
    deliveries what came, in order
    open       requests that are not answered yet
    poured     bytes of an endless answer that could be sent"""

    HANG = "hang"        # no answer until the gate was closed and opened, or the end
    ENDLESS = "endless"  # 200, and a body without end

    def __init__(self):
        self.answers = collections.deque()
        self.deliveries = []
        self.gate = threading.Event()
        self.gate.set()
        self.ended = threading.Event()
        self.open = 0
        self.poured = 0
        self.lock = threading.Lock()
        self.server = Server(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.gate.set()
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def of_type(self, name):
        return [one for one in list(self.deliveries) if one.event["type"] == name]

    def wait_for(self, name, count=1):
        """The first `count` deliveries of events of that type."""
        return wait_until(f"{count} × {name}", lambda: len(self.of_type(name)) >= count
                          and self.of_type(name)[:count])

    def handler(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with receiver.lock:
                    receiver.open += 1
                    receiver.deliveries.append(Delivery(self.command, self.path, self.headers,
                                                        body, time.monotonic()))
                    return receiver.answers.popleft() if receiver.answers else 204

            def pour(self):
                self.send_response(200)
                self.end_headers()
                self.close_connection = True
                try:
                    while not receiver.ended.is_set():
                        self.wfile.write(b"x" * 65536)
                        receiver.poured += 65536
                except OSError:
                    pass  # the other side has had enough

            def answer(self, answer):
                if answer == Receiver.HANG:
                    receiver.ended.wait()
                    self.close_connection = True
                elif answer == Receiver.ENDLESS:
                    self.pour()
                else:
                    status, headers, body = (answer, {}, b"") if isinstance(answer, int) else answer
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    if status != 204:
                        self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def do_any(self):
                answer = self.take()
                receiver.gate.wait()
                try:
                    self.answer(answer)
                finally:
                    with receiver.lock:
                        receiver.open -= 1

            do_GET = do_POST = do_any  # noqa: N815: the names are http.server's

        return Handler

# SPDX-License-Identifier: Apache-2.0
"""Owns an issuer that does what a test says: which keys, which status, which bytes, how late,
or nothing at all. Counts what it was asked."""
import http.server
import json
import threading


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that left is no news


class ScriptedIssuer:
    """On a free loopback port, from entering to leaving the context; over TLS as `name` where a
    context for that is given.

    keys      public keys of the set
    status    of an answer to GET /jwks.json
    body      instead of the set, if not None
    headers   of that answer, besides Content-Length
    drops     cut the connection in the middle of the answer
    gate      cleared: answers to GET /jwks.json are held back until it is set
    downloads GET /jwks.json so far
    asked     header fields of the last one"""

    def __init__(self, tls=None, name="localhost"):
        self.keys = []
        self.reset()
        self.gate = threading.Event()
        self.gate.set()
        self.downloads = 0
        self.asked = {}
        self.lock = threading.Lock()
        self.server = Server(("127.0.0.1", 0), self.handler())
        port = self.server.server_address[1]
        self.url = f"https://{name}:{port}" if tls else f"http://127.0.0.1:{port}"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.jwks_url = self.url + "/jwks.json"

    def reset(self):
        """Behaves well again."""
        self.status = 200
        self.body = None
        self.headers = {"Content-Type": "application/json"}
        self.drops = False

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def handler(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, headers, body, drops=False):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[:len(body) // 2] if drops else body)
                self.close_connection = drops

            def do_GET(self):  # noqa: N802: the name is http.server's
                if self.path == "/.well-known/openid-configuration":
                    document = {"issuer": issuer.url, "jwks_uri": issuer.jwks_url}
                    self.answer(200, {"Content-Type": "application/json"},
                                json.dumps(document).encode())
                elif self.path == "/jwks.json":
                    with issuer.lock:
                        issuer.downloads += 1
                        issuer.asked = dict(self.headers)
                    issuer.gate.wait()
                    body = issuer.body
                    if body is None:
                        body = json.dumps({"keys": issuer.keys}).encode()
                    self.answer(issuer.status, issuer.headers, body, issuer.drops)
                else:
                    self.answer(404, {}, b"")

        return Handler

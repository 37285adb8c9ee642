# SPDX-License-Identifier: Apache-2.0
"""Owns running the program: once with an answer, or as a service in the background."""
import http.client
import json
import os
import signal
import subprocess
import tempfile
import time

DEADLINE_S = 60  # for anything that should take a moment; a slow machine is not a fault


def wait_until(what, is_so):
    """Waits for a state that another process reaches; gives what `is_so` gave."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        result = is_so()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError(f"waited {DEADLINE_S} s in vain: {what}")


def read_beside_writer(file):
    """All of a file that another process has as its output: the two have one offset, so that
    seeking and reading would race with its writes."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


class Program:
    """The program under test."""

    def __init__(self, path):
        self.path = path

    def run(self, *words, stdin=b""):
        return subprocess.run([self.path, *words], input=stdin, capture_output=True,
                              timeout=DEADLINE_S, check=False)

    def ok(self, *words, stdin=b""):
        """Standard output of a run that must succeed."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, (words, done.returncode, done.stderr)
        return done.stdout


class Answer:
    """One HTTP answer."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def __repr__(self):
        return f"<{self.status} {dict(self.headers)} {self.body[:200]!r}>"


def ask(address, method, path, headers=(), body=None):
    """One request on a connection of its own; `headers` are pairs, so that one may be sent
    twice."""
    connection = http.client.HTTPConnection(address, timeout=DEADLINE_S)
    try:
        connection.putrequest(method, path)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Background:
    """A program that runs until it is stopped, and wrote its addresses to a file."""

    def __init__(self, program, ready_file, words):
        self.ready_file = ready_file
        self.log = tempfile.TemporaryFile("a+b")  # so that reading moves no write
        self.addresses = {}
        self.process = subprocess.Popen([program.path, *words, "--ready-file", str(ready_file)],
                                        stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)

    def output(self):
        return read_beside_writer(self.log).decode(errors="replace")

    def has_ended(self):
        return self.process.poll() is not None

    def wait_until_ready(self):
        def addresses():
            assert not self.has_ended(), self.output()
            try:
                return json.loads(self.ready_file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                return None

        self.addresses = wait_until("the ready file", addresses)

    def stop(self):
        """Ends it as a service manager would; that must end well. A second time: nothing."""
        if self.log.closed:
            return
        if not self.has_ended():
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        output = self.output()
        self.log.close()
        assert status == 0, (status, output)


class Service(Background):
    """jwkeep serve on free ports."""

    def __init__(self, program, ready_file, options, own_listeners=False):
        where = [] if own_listeners else ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        super().__init__(program, ready_file, ["serve", *where, *options])

    def verify(self, token=None, method="GET", path="/verify", headers=()):
        pairs = list(headers)
        if token is not None:
            pairs.append(("Authorization", f"Bearer {token}"))
        return ask(self.addresses["listen"], method, path, pairs)

    def get(self, path, headers=()):
        return ask(self.addresses["listen"], "GET", path, headers)

    def admin(self, path):
        return ask(self.addresses["admin"], "GET", path)

    def post(self, path, headers=()):
        return ask(self.addresses["admin"], "POST", path, headers, b"")

    def status(self):
        return json.loads(self.admin("/status").body)

    def metric(self, name):
        """The value of a metric without labels."""
        for line in self.admin("/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split(" ")[1])
        raise AssertionError(f"no metric {name}")

    def metric_sum(self, name):
        """The values of a metric that has labels, together."""
        values = [float(line.rsplit(" ", 1)[1])
                  for line in self.admin("/metrics").body.decode().splitlines()
                  if line.startswith(name + "{")]
        assert values, f"no metric {name}"
        return sum(values)

# SPDX-License-Identifier: Apache-2.0
"""jwkeep jwks watch: a line for everything that happens to a source."""
import json
import re
import signal
import subprocess
import tempfile
import urllib.parse

import pytest

from support.cli import USAGE, refuses
from support.program import DEADLINE_S, Background, ask, read_beside_writer, wait_until

SOON = ("--allow-http-loopback", "--lifetime-min", "1", "--lifetime-max", "1",
        "--backoff-min", "100", "--backoff-max", "100")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


class Watch:
    """jwkeep jwks watch --json in the background."""

    def __init__(self, program, *words):
        self.log = tempfile.TemporaryFile("a+b")  # so that reading moves no write
        self.process = subprocess.Popen([program.path, "jwks", "watch", "--json", *words],
                                        stdout=self.log, stderr=subprocess.STDOUT)

    def events(self):
        """What was printed so far, whole lines only."""
        lines = read_beside_writer(self.log).decode().split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def wait_for(self, name, **members):
        def is_so():
            return [event for event in self.events() if event["event"] == name
                    and all(event.get(key) == value for key, value in members.items())]

        return wait_until(f"{name} {members}", is_so)[0]

    def end(self, signal_number=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        return self.process.wait(DEADLINE_S)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


@pytest.fixture
def watch(program):
    running = []

    def start(*words):
        running.append(Watch(program, *words))
        return running[-1]

    yield start
    for each in running:
        each.stop()


def rotate(address):
    answer = ask(address, "POST", "/rotate",
                 [("Content-Type", "application/x-www-form-urlencoded")],
                 urllib.parse.urlencode({}).encode())
    assert answer.status == 200, answer


def kids(address):
    return [key["kid"] for key in json.loads(ask(address, "GET", "/jwks.json").body)["keys"]]


def test_r25_a_rotation_and_an_outage_are_seen_as_they_happen(program, watch, tmp_path):
    dev = Background(program, tmp_path / "ready.json",
                     ["dev-issuer", "--listen", "127.0.0.1:0"])
    dev.wait_until_ready()
    try:
        address = dev.addresses["dev"]
        watching = watch("--issuer", f"http://{address}", *SOON)
        before = set(kids(address))
        for kid in before:
            added = watching.wait_for("added", kid=kid)
            assert len(added["thumbprint"]) == 43 and TIME.match(added["time"]), added
        rotate(address)
        new = set(kids(address)) - before
        assert new
        for kid in new:
            watching.wait_for("added", kid=kid)
        rotate(address)
        gone = (before | new) - set(kids(address))
        assert gone
        for kid in gone:
            watching.wait_for("removed", kid=kid)
    finally:
        dev.stop()
    failed = watching.wait_for("failed")
    assert failed["error"]["code"] == "transport_connect", failed
    assert watching.end() == 0
    events = watching.events()
    generations = [event["generation"] for event in events]
    assert generations == sorted(generations)
    assert events[0]["event"] == "refreshed" and events[0]["trigger"] == "start"


def test_shows_what_is_reused_skipped_and_unchanged(watch, issuer, make_key):
    first, second = make_key("first").public, make_key("second").public
    issuer.keys = [first, {"kty": "quantum", "kid": "odd"}]
    watching = watch(issuer.jwks_url, *SOON)
    skipped = watching.wait_for("skipped", kid="odd")
    assert skipped["index"] == 1 and skipped["error"]["code"] == "jwk_kty_unsupported", skipped
    watching.wait_for("unchanged")
    issuer.keys = [{**second, "kid": "first"}]
    reused = watching.wait_for("reused", kid="first")
    old = watching.wait_for("removed", kid="first")
    assert reused["thumbprint"] != old["thumbprint"]
    assert watching.end(signal.SIGTERM) == 0


def test_r25_empty_large_and_stale_sets_are_seen(watch, issuer, make_key):
    issuer.keys = [make_key("first").public]
    watching = watch(issuer.jwks_url, *SOON, "--empty-confirm", "0", "--size-alarm", "2",
                     "--stale-limit", "0")
    watching.wait_for("added", kid="first")
    issuer.keys = []
    kept = watching.wait_for("kept", keys=1)
    assert kept["error"]["code"] == "transport_body", kept
    watching.wait_for("removed", kid="first")
    issuer.keys = [make_key(name).public for name in ("one", "two", "three")]
    watching.wait_for("alarm", keys=3)
    issuer.status = 500
    watching.wait_for("stale", keys=3)


def test_prints_lines_for_people(program, issuer, make_key):
    issuer.keys = [{**make_key("first").public, "kid": "a\u001bb"}]
    out = program.ok("jwks", "watch", "--allow-http-loopback", "--count", "2", issuer.jwks_url)
    refreshed, added = out.decode().splitlines()
    assert re.fullmatch(r"\S+Z  refreshed  generation \d+, 1 keys  \(start\)", refreshed), out
    assert re.fullmatch(r"\S+Z  added      kid a\\x1bb  thumbprint [\w-]{43}  \(start\)",
                        added), out


def test_ends_after_its_time(program, issuer):
    issuer.status = 500
    out = program.ok("jwks", "watch", "--allow-http-loopback", "--for", "1", issuer.jwks_url)
    assert b"  failed     " in out and b"[transport_status]" in out


def test_refuses_numbers_out_of_range_by_their_names(program):
    url = "https://idp.example/jwks.json"
    for option in ("cooldown", "lifetime-min", "lifetime-max", "lifetime-default",
                   "stale-limit", "backoff-min", "backoff-max", "retry-after-max",
                   "connect-timeout", "signature-refetch", "rediscovery", "negative-ttl", "negative-max", "empty-confirm",
                   "size-alarm"):
        refuses(program, USAGE, "jwks", "watch", url, f"--{option}", "4000000000",
                says=f"--{option} ")
    refuses(program, USAGE, "jwks", "watch", url, "--max-waiters", "0", says="--max-waiters ")
    refuses(program, USAGE, "jwks", "watch", url, "--lifetime-min", "600", "--lifetime-max",
            "60", says="--lifetime-max ")
    refuses(program, USAGE, "jwks", "watch", url, "--count", "0", says="--count")
    refuses(program, USAGE, "jwks", "watch")
    for given in ("http://idp.example/jwks.json", "ftp://idp.example/jwks.json", "jwks.json"):
        refuses(program, USAGE, "jwks", "watch", given, says="[transport_url]")
    refuses(program, USAGE, "jwks", "watch", "--issuer", "http://idp.example",
            says="[transport_url]")

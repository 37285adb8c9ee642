# SPDX-License-Identifier: Apache-2.0
"""Owns running an issuer that others wrote, and proving that nothing fails while it rotates."""
import base64
import collections
import concurrent.futures
import json
import threading
import time
import urllib.parse

from support.program import DEADLINE_S, ask, wait_until

CLIENTS = 4
ANSWERS_A_PHASE = 40
COOLDOWN_S = 1


def json_of(answer):
    assert 200 <= answer.status < 300, answer
    return json.loads(answer.body)


def client_credentials(address, path, client, secret, **form):
    """An access token by RFC 6749 §4.4."""
    basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
    body = urllib.parse.urlencode({"grant_type": "client_credentials", **form}).encode()
    return json_of(ask(address, "POST", path, [
        ("Authorization", f"Basic {basic}"),
        ("Content-Type", "application/x-www-form-urlencoded")], body))["access_token"]


class Load:
    """Clients that get a token and show it at once, again and again, from entering to leaving
    the context. `results` counts statuses; `failures` keeps the answers that were not 200."""

    def __init__(self, service, get_token):
        self.service = service
        self.get_token = get_token
        self.results = collections.Counter()
        self.failures = []
        self.changed = threading.Condition()
        self.is_over = threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(CLIENTS)

    def work(self):
        while not self.is_over.is_set():
            answer = self.service.verify(self.get_token())
            with self.changed:
                self.results[answer.status] += 1
                if answer.status != 200:
                    self.failures.append(answer)
                self.changed.notify_all()

    def __enter__(self):
        self.futures = [self.pool.submit(self.work) for _ in range(CLIENTS)]
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.pool.shutdown()
        for future in self.futures:
            future.result()

    def go_on(self, seconds=0):
        """Until some more answers have come, and for so long at least."""
        end = time.monotonic() + seconds
        with self.changed:
            wanted = self.results.total() + ANSWERS_A_PHASE
            while self.results.total() < wanted or time.monotonic() < end:
                assert self.changed.wait(DEADLINE_S), self.results


def kids(service):
    """The names of the keys that the service has."""
    return {key["kid"] for issuer in service.status()["issuers"] for key in issuer["keys"]}


def rotate_under_load(service, get_token, rotate, count):
    """Rotations further apart than the service's cooldown of a second, while clients get tokens
    and show them: none fails. `rotate` gives a name that the new set has."""
    with Load(service, get_token) as load:
        load.go_on()
        for _ in range(count):
            name = rotate()
            wait_until(f"the key {name}", lambda: name in kids(service))
            load.go_on(COOLDOWN_S + 0.1)
    print(f"{load.results.total()} tokens, {count} rotations: {dict(load.results)}")
    assert not load.failures
    return load

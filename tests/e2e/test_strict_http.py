# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve read byte by byte: what is not exactly one request of RFC 9112 is answered with
an error and the end of the connection. Nothing hangs, nothing passes by the side."""
import pathlib
import re
import socket

import pytest

from support import raw
from support.program import wait_until

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors/http_requests.txt"
PASSES_BY = b"GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n"

# What is sent, the good token in the place of %s, and the status of the only answer.
REFUSED = {
    "transfer-encoding": (b"GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "transfer-encoding and content-length": (
        b"POST /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "transfer-encoding identity": (
        b"GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
        b"Transfer-Encoding: identity\r\n\r\n", 400),
    "two hosts": (b"GET /verify HTTP/1.1\r\nHost: a\r\nHost: a\r\n"
                  b"Authorization: Bearer %s\r\n\r\n", 400),
    "no host": (b"GET /verify HTTP/1.1\r\nAuthorization: Bearer %s\r\n\r\n", 400),
    "two content-lengths": (b"POST /verify HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
                            b"Content-Length: 0\r\nAuthorization: Bearer %s\r\n\r\n", 400),
    "content-length as a list": (b"POST /verify HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n"
                                 b"Authorization: Bearer %s\r\n\r\n", 400),
    "content-length with a sign": (b"POST /verify HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n"
                                   b"Authorization: Bearer %s\r\n\r\n", 400),
    "nul in a value": (b"GET /verify HTTP/1.1\r\nHost: a\r\n"
                       b"Authorization: Bearer %s\0x\r\n\r\n", 400),
    "nul at a line's start": (b"GET /verify HTTP/1.1\r\nHost: a\r\n\0\r\n"
                              b"Authorization: Bearer %s\r\n\r\n", 400),
    "control character in a value": (b"GET /verify HTTP/1.1\r\nHost: a\r\nX: \x1b[2J\r\n"
                                     b"Authorization: Bearer %s\r\n\r\n", 400),
    "delete in a value": (b"GET /verify HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n"
                          b"Authorization: Bearer %s\r\n\r\n", 400),
    "folded value": (b"GET /verify HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n"
                     b"Authorization: Bearer %s\r\n\r\n", 400),
    "folded name": (b"GET /verify HTTP/1.1\r\nHost: a\r\nAuthoriz: Bearer %s\r\n ation\r\n\r\n",
                    400),
    "bare lf after the request line": (b"GET /verify HTTP/1.1\nHost: a\r\n"
                                       b"Authorization: Bearer %s\r\n\r\n", 400),
    "bare lf between fields": (b"GET /verify HTTP/1.1\r\nHost: a\nX: y\r\n"
                               b"Authorization: Bearer %s\r\n\r\n", 400),
    "bare cr in a value": (b"GET /verify HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n"
                           b"Authorization: Bearer %s\r\n\r\n", 400),
    "bare lf at the end": (b"GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\n",
                           400),
    "space before the colon": (b"GET /verify HTTP/1.1\r\nHost: a\r\n"
                               b"Authorization : Bearer %s\r\n\r\n", 400),
    "no colon": (b"GET /verify HTTP/1.1\r\nHost: a\r\nX\r\n"
                 b"Authorization: Bearer %s\r\n\r\n", 400),
    "two spaces in the request line": (b"GET  /verify HTTP/1.1\r\nHost: a\r\n"
                                       b"Authorization: Bearer %s\r\n\r\n", 400),
    "http/0.9": (b"GET /verify\r\n", 400),
    "http/2.0": (b"GET /verify HTTP/2.0\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n", 505),
    "preface of http/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n" * 4, 400),
    "large body": (b"POST /verify HTTP/1.1\r\nHost: a\r\nContent-Length: 16385\r\n"
                   b"Authorization: Bearer %s\r\n\r\n", 413),
    "huge content-length": (b"POST /verify HTTP/1.1\r\nHost: a\r\n"
                            b"Content-Length: 18446744073709551617\r\n"
                            b"Authorization: Bearer %s\r\n\r\n", 413),
    "long request line": (b"GET /" + b"v" * 9000 + b" HTTP/1.1\r\nHost: a\r\n"
                          b"Authorization: Bearer %s\r\n\r\n", 414),
    "huge field": (b"GET /verify HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40000 +
                   b"\r\nAuthorization: Bearer %s\r\n\r\n", 431),
    "many fields": (b"GET /verify HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 +
                    b"Authorization: Bearer %s\r\n\r\n", 431),
}


@pytest.fixture
def token(service, sign, key, claims):
    """A good token whose key is there. (While a request waits for keys, a closed half is taken
    for a client that left, as gateways do: see test_observed.py.)"""
    good = sign(key, claims)
    assert service.verify(good).status == 200
    return good.encode()


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_and_closes_with_what_follows_unread(service, token, name):
    """A good request stands behind each: nobody may take it for a second one."""
    sent, status = REFUSED[name]
    sent = sent.replace(b"%s", token) + PASSES_BY % token
    for closes in (True, False):
        answer = raw.exchange(service.addresses["listen"], sent, closes)
        assert raw.statuses(answer) == [status], answer
        assert b"X-Auth-" not in answer
        assert b"\r\nConnection: close\r\n" in answer
    assert service.verify(token.decode()).status == 200


def test_two_authorization_fields_are_a_401(service, token):
    """A gateway would make a 500 of a 400."""
    answer = raw.exchange(service.addresses["listen"],
                          b"GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
                          b"Authorization: Bearer %s\r\n\r\n" % (token, token))
    assert raw.statuses(answer) == [401] and b'error="invalid_request"' in answer, answer


def test_answers_pipelined_requests_one_by_one_in_order(service, token):
    one = PASSES_BY % token
    none = b"GET /verify HTTP/1.1\r\nHost: a\r\n\r\n"
    body = b"POST /verify HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET "
    answer = raw.exchange(service.addresses["listen"], (one + none + body) * 50)
    assert raw.statuses(answer) == [200, 401, 401] * 50


def test_the_first_fault_ends_a_pipeline(service, token):
    one = PASSES_BY % token
    answer = raw.exchange(service.addresses["listen"], one + one + b"nonsense\r\n\r\n" + one)
    assert raw.statuses(answer) == [200, 200, 400]


def test_answers_a_client_that_has_closed_its_half(service, token):
    assert raw.statuses(raw.exchange(service.addresses["listen"], PASSES_BY % token)) == [200]


def test_a_request_cut_short_is_not_answered(service, token):
    whole = PASSES_BY % token
    for size in (0, 1, 10, 30, len(whole) - 3, len(whole) - 1):
        assert raw.exchange(service.addresses["listen"], whole[:size]) == b"", size
    wait_until("their end", lambda: service.metric("jwkeep_connections") <= 1)


def test_a_client_that_resets_is_no_trouble(service, token):
    for _ in range(50):
        client = raw.connect(service.addresses["listen"])
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.sendall(PASSES_BY % token)
        client.close()
    assert service.verify(token.decode()).status == 200


def vectors():
    """Requests damaged by a generator, with Node's opinion; here only whether all goes on."""
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            escaped = line.split(" ", 1)[0].encode()
            yield re.sub(rb"\\([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), escaped)


def test_thousands_of_damaged_requests_are_answered_or_closed(service, token):
    count = 0
    for request in vectors():
        for status in raw.statuses(raw.exchange(service.addresses["listen"], request)):
            assert status in (400, 401, 404, 413, 414, 417, 431, 505), (request, status)
        count += 1
    assert count > 1000
    assert service.verify(token.decode()).status == 200


@pytest.mark.long
def test_slow_senders_are_cut_off_and_hold_up_nobody(service, token):
    """After ten seconds; others are served meanwhile."""
    whole = PASSES_BY % token
    slow = [raw.connect(service.addresses["listen"]) for _ in range(200)]
    try:
        for number, client in enumerate(slow):
            client.sendall(whole[:1 + number % (len(whole) - 1)])
        while service.metric("jwkeep_connections_timed_out_total") < len(slow):
            assert service.verify(token.decode()).status == 200
        for client in slow:
            assert raw.read_to_end(client) == b""
    finally:
        for client in slow:
            client.close()

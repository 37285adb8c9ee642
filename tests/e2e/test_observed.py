# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve: the key-set mirror, the numbers, the end."""
import concurrent.futures
import json
import socket

from support.program import wait_until
from support.verdict import AUDIENCE


def test_mirrors_the_key_set(service, sign, key, claims):
    service.verify(sign(key, claims))
    answer = service.get("/jwks/default")
    assert answer.status == 200, answer
    assert [one["kid"] for one in json.loads(answer.body)["keys"]] == ["first"]
    assert "d" not in json.loads(answer.body)["keys"][0]
    assert "Cache-Control" in answer.headers
    again = service.get("/jwks/default", [("If-None-Match", answer.headers["ETag"])])
    assert again.status == 304 and again.body == b"", again
    assert service.get("/jwks/other").status == 404


def test_tells_its_numbers(service, sign, key, claims):
    service.verify(sign(key, claims))
    service.verify()
    answer = service.admin("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = answer.body.decode().splitlines()
    assert any(line.startswith("# TYPE jwkeep_") for line in lines)
    for line in lines:
        if not line.startswith("#"):
            float(line.rsplit(" ", 1)[1])
    assert isinstance(service.status(), dict)


def test_remembers_tokens_and_counts_that(service, sign, key, claims):
    token = sign(key, claims)
    for _ in range(3):
        assert service.verify(token).status == 200
    label = '{policy="default"}'
    assert service.metric("jwkeep_token_cache_hits_total" + label) == 2
    assert service.metric("jwkeep_token_cache_entries" + label) == 1
    assert service.metric("jwkeep_token_cache_bytes" + label) > len(token)


def test_remembers_nothing_if_told_so(serve, sign, key, claims, issuer):
    issuer.keys = [key.public]
    service = serve("--jwks", issuer.jwks_url, "--iss", issuer.url, "--audience", AUDIENCE,
                    "--allow-http-loopback", "--token-cache", "0")
    token = sign(key, claims)
    for _ in range(2):
        assert service.verify(token).status == 200
    assert b"jwkeep_token_cache_hits_total{" not in service.admin("/metrics").body


def test_keeps_administration_apart(service):
    for path in ("/metrics", "/healthz", "/readyz", "/status"):
        assert service.get(path).status == 404
    assert service.admin("/verify").status == 404


def test_stops_with_a_request_parked(serve, sign, key, claims, issuer):
    issuer.keys = [key.public]
    issuer.gate.clear()
    service = serve("--jwks", issuer.jwks_url, "--iss", issuer.url, "--audience", AUDIENCE,
                    "--allow-http-loopback")
    token = sign(key, claims)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(service.verify, token)
        wait_until("the parked request", lambda: service.metric("jwkeep_parked_requests") == 1)
        service.stop()
        assert answer.result().status == 503


def test_a_client_that_leaves_while_parked_is_forgotten(serve, sign, key, claims, issuer):
    issuer.keys = [key.public]
    issuer.gate.clear()
    service = serve("--jwks", issuer.jwks_url, "--iss", issuer.url, "--audience", AUDIENCE,
                    "--allow-http-loopback")
    host, port = service.addresses["listen"].rsplit(":", 1)
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
                       f"{sign(key, claims)}\r\n\r\n".encode())
        wait_until("the parked request", lambda: service.metric("jwkeep_parked_requests") == 1)
    wait_until("its end", lambda: service.metric("jwkeep_parked_requests") == 0)
    issuer.gate.set()
    assert service.verify(sign(key, claims)).status == 200

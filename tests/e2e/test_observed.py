# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve: the key-set mirror, the numbers, the end."""
import json

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


def test_keeps_administration_apart(service):
    for path in ("/metrics", "/healthz", "/readyz", "/status"):
        assert service.get(path).status == 404
    assert service.admin("/verify").status == 404


def test_stops_with_a_request_parked(serve, sign, key, claims, issuer):
    issuer.keys = [key.public]
    issuer.gate.clear()
    service = serve("--jwks", issuer.jwks_url, "--iss", issuer.url, "--audience", AUDIENCE,
                    "--allow-http-loopback")
    wait_until("the download", lambda: issuer.downloads)
    service.stop()
    assert service.has_ended()

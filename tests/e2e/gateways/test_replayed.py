# SPDX-License-Identifier: Apache-2.0
"""Gateways that Debian does not have: their pages are read, and jwkeep is sent what they send."""
import pytest
import yaml

from support import raw
from support.gateway import page_block


@pytest.fixture
def token(service, sign, key, claims):
    """A good token whose key is there."""
    good = sign(key, claims)
    assert service.verify(good).status == 200
    return good


def identity_fields(service, token):
    return {name for name in service.verify(token).headers if name.startswith("X-Auth-")}


def fields_of(answer):
    lines = answer.split(b"\r\n\r\n", 1)[0].decode().split("\r\n")[1:]
    return {name: value for name, value in (line.split(": ", 1) for line in lines)}


def traefik():
    return yaml.safe_load(page_block("traefik.md", "yaml"))["http"]


def traefik_asks(address, token, method="GET", uri="/orders?id=1"):
    """What Go's HTTP client sends for Traefik: GET, the allowed fields, sorted, no body."""
    allowed = set(traefik()["middlewares"]["jwkeep"]["forwardAuth"]["authRequestHeaders"])
    fields = {"X-Forwarded-Method": method, "X-Forwarded-Proto": "http",
              "X-Forwarded-Host": "shop.example", "X-Forwarded-Uri": uri}
    if token:
        fields["Authorization"] = f"Bearer {token}"
    lines = [f"{name}: {value}" for name, value in sorted(fields.items()) if name in allowed]
    head = ["GET /verify HTTP/1.1", f"Host: {address}", "User-Agent: Go-http-client/1.1", *lines,
            "X-Forwarded-For: 192.0.2.1", "Accept-Encoding: gzip", "", ""]
    return "\r\n".join(head).encode()


def test_traefiks_page_names_every_identity_field(service, token):
    middlewares = traefik()["middlewares"]
    listed = middlewares["jwkeep"]["forwardAuth"]["authResponseHeaders"]
    assert set(listed) == identity_fields(service, token)
    removed = middlewares["without-lookalikes"]["headers"]["customRequestHeaders"]
    assert removed == {name.replace("-", "_"): "" for name in listed}
    router = traefik()["routers"]["web"]
    assert router["middlewares"] == list(middlewares)
    assert not middlewares["jwkeep"]["forwardAuth"]["trustForwardHeader"]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_traefiks_questions_are_answered_over_one_connection(service, token, method):
    address = service.addresses["listen"]
    data = (traefik_asks(address, token, method) + traefik_asks(address, None, method) +
            traefik_asks(address, token + "x", method))
    assert raw.statuses(raw.exchange(address, data)) == [200, 401, 401]
    fields = fields_of(raw.exchange(address, traefik_asks(address, token, method)))
    assert fields["X-Auth-Subject"] == "alice" and fields["Content-Length"] == "0"

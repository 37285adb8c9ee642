# SPDX-License-Identifier: Apache-2.0
"""Gateways that Debian does not have: their pages are read, and jwkeep is sent what they send."""
import pytest
import yaml

from support import raw
from support.configured import ConfiguredService, settings_for
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


def envoy_filters():
    filters = yaml.safe_load(page_block("envoy.md", "yaml"))["http_filters"]
    return {one["name"].rsplit(".", 1)[1]: one["typed_config"] for one in filters}


@pytest.fixture
def behind(program, tmp_path, issuer, key):
    """behind(page) starts the service with the policies of the page."""
    issuer.keys = [key.public]
    started = []

    def start(page):
        policies = yaml.safe_load(page_block(page, "jwkeep"))["policies"]
        running = ConfiguredService(program, tmp_path, settings_for(issuer, *policies))
        started.append(running)
        running.wait_until_ready()
        return running

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def behind_envoy(behind):
    return behind("envoy.md")


def test_traefiks_rules_go_by_what_it_tells(behind, sign, key, claims):
    address = behind("traefik.md").addresses["listen"]
    token = sign(key, claims)
    administrator = sign(key, {**claims, "scope": "admin"})
    data = (traefik_asks(address, None, uri="/public/x?y") + traefik_asks(address, None) +
            traefik_asks(address, token, uri="/admin/x") +
            traefik_asks(address, token, "POST", "/admin/x") +
            traefik_asks(address, administrator, "POST", "/admin/x"))
    assert raw.statuses(raw.exchange(address, data)) == [200, 401, 200, 403, 200]


def envoy_asks(token, method="GET", path="/orders?id=1"):
    """The client's method and path, the latter behind the prefix; no body."""
    prefix = envoy_filters()["ext_authz"]["http_service"]["path_prefix"]
    authorization = [f"authorization: Bearer {token}"] if token else []
    return "\r\n".join([f"{method} {prefix}{path} HTTP/1.1", "host: shop.example",
                        *authorization, "content-length: 0",
                        "x-envoy-internal: true", "x-forwarded-for: 192.0.2.1",
                        "x-envoy-expected-rq-timeout-ms: 5000", "", ""]).encode()


def test_envoys_page_names_every_identity_field(service, token):
    patterns = envoy_filters()["ext_authz"]["http_service"]["authorization_response"]
    listed = {one["exact"] for one in patterns["allowed_upstream_headers"]["patterns"]}
    assert listed == identity_fields(service, token)
    removed = {one["remove"] for one in
               envoy_filters()["header_mutation"]["mutations"]["request_mutations"]}
    assert removed == listed | {name.replace("-", "_") for name in listed}
    assert list(envoy_filters()) == ["header_mutation", "ext_authz", "router"]
    assert envoy_filters()["ext_authz"]["failure_mode_allow"] is False


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/orders?id=1", "/orders/a%2fb"])
def test_envoys_questions_are_answered_over_one_connection(behind_envoy, sign, key, claims,
                                                           method, path):
    token = sign(key, claims)
    address = behind_envoy.addresses["listen"]
    assert behind_envoy.verify(token, path="/verify/api/").status == 200
    data = (envoy_asks(token, method, path) + envoy_asks(None, method, path) +
            envoy_asks(token + "x", method, path))
    assert raw.statuses(raw.exchange(address, data)) == [200, 401, 401]

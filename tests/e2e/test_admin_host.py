# SPDX-License-Identifier: Apache-2.0
"""A page whose name leads to the administration's address (DNS rebinding): its origin is the host it
asks, so that only the name gives it away."""
import pytest

from support.cli import USAGE, refuses
from support.raw import exchange, statuses

EVIL = "evil.example"
OURS = "jwkeep.example"


def post(service, host, origin=None, path="/refresh/main", version="1.1"):
    head = [f"POST {path} HTTP/{version}", *([f"Host: {host}"] if host else []),
            *([f"Origin: http://{origin}"] if origin else []), "Content-Length: 0",
            "Connection: close", "", ""]
    status, = statuses(exchange(service.addresses["admin"], "\r\n".join(head).encode()))
    return status


@pytest.fixture
def service(configure):
    return configure()


def test_a_name_that_was_made_to_lead_here_may_do_nothing(service):
    for host in (EVIL, f"{EVIL}:9090", f"localhost.{EVIL}", f"127.0.0.1.{EVIL}:9090"):
        for path in ("/refresh/main", "/reload"):
            assert post(service, host, origin=host, path=path) == 421, host
            assert post(service, host, path=path) == 421, host
    assert post(service, None, version="1.0") == 421


def test_addresses_and_localhost_may(service):
    for host in ("localhost", "LocalHost.:9090", "a.localhost:1", "127.0.0.1", "[::1]:9090",
                 "[2001:DB8::1]", "10.1.2.3:80"):
        assert post(service, host) == 202, host
        assert post(service, host, origin=host) == 202, host
        assert post(service, host, origin=EVIL) == 403, host


def test_reading_needs_no_name(service):
    answer = exchange(service.addresses["admin"],
                      f"GET /metrics HTTP/1.1\r\nHost: {EVIL}\r\nConnection: close\r\n\r\n".encode())
    assert statuses(answer) == [200]


def test_further_names_are_configured_and_a_reload_changes_them(configure, issuer):
    service = configure()
    assert post(service, OURS) == 421
    service.settings["admin"] = {"hosts": [OURS]}
    service.write()
    assert service.reload().status == 200
    for host in (OURS, f"{OURS}:9090", "JWKeep.Example."):
        assert post(service, host, origin=host) == 202, host
    assert post(service, EVIL) == 421
    service.settings["admin"] = {"hosts": []}
    service.write()
    assert service.reload().status == 200
    assert post(service, OURS) == 421


def test_further_names_by_options(serve, issuer, key):
    issuer.keys = [key.public]
    service = serve("--issuer", issuer.url, "--audience", "api", "--allow-http-loopback",
                    "--admin-host", "a.example", "--admin-host", OURS)
    assert post(service, f"{OURS}:9090", path="/refresh/default") == 202
    assert post(service, EVIL, path="/refresh/default") == 421


def test_a_name_has_no_port(program):
    for name in (f"{OURS}:9090", "[::1]", ""):
        refuses(program, USAGE, "serve", "--dev", "--admin-host", name, says="--admin-host")

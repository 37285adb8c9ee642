# SPDX-License-Identifier: Apache-2.0
"""Rules by the client's method and path, behind each gateway: the path that counts is the one
which the application gets, however it is written, and nobody else's word about it."""
import posixpath
import urllib.parse

import pytest
import yaml

from support.configured import ConfiguredService, settings_for
from support.gateway import Apache, Caddy, Haproxy, Nginx, page_block

pytestmark = pytest.mark.foreign

GATEWAYS = [Nginx, Caddy, Haproxy, Apache]
PUBLIC = "/public"
TRICKY = ["/public/../orders", "/orders/../public", "/public/..", "/public/./../orders",
          "//public", "/public//orders", "/orders//../public", "/orders/x//../../public",
          "/public/%2e%2e/orders", "/orders/%2e%2e/public", "/public/%2E./orders",
          "/public%2f..%2forders", "/orders%2f..%2fpublic", "/public/%252e%252e/orders",
          "/orders/%252e%252e/public", "/public;/../orders", "/public/..;/orders",
          "/orders;/..;/public", "/public\\..\\orders", "/orders\\..\\public", "/PUBLIC",
          "/%70ublic", "/publicity", "/public%00", "/public%0a", "/public%3f/../orders",
          "/orders?/../public", "/orders#/../public", "/orders/..%5cpublic",
          "/public/%c0%ae%c0%ae/orders", "/.//public", "/x/..//public", "/public/...", "/./public"]


@pytest.fixture(params=GATEWAYS, ids=lambda kind: kind.__name__.lower())
def gateway(request, program, issuer, key, tmp_path, home, application):
    issuer.keys = [key.public]
    kind = request.param
    policies = yaml.safe_load(page_block(kind.page, "jwkeep"))["policies"]
    service = ConfiguredService(program, tmp_path, settings_for(issuer, *policies))
    try:
        service.wait_until_ready()
        with kind(home, service.addresses["listen"], application.address) as running:
            yield running
    finally:
        service.stop()


def readings(path):
    """What programs behind a gateway may take a path for."""
    decoded = urllib.parse.unquote(path.split("?")[0], errors="replace")
    for text in {decoded, urllib.parse.unquote(decoded, errors="replace")}:
        for form in {text, text.replace("\\", "/"), ";".join(text.split(";")[:1]),
                     "/".join(part.split(";")[0] for part in text.split("/"))}:
            yield form
            yield posixpath.normpath(form)  # doubled slashes first, then dot segments
            yield urllib.parse.urljoin("http://a/", form).removeprefix("http://a")  # RFC 3986


def is_public(path):
    return path == PUBLIC or path.startswith(PUBLIC + "/")


def test_a_rule_goes_by_the_clients_path_and_method(gateway, sign, key, claims, application):
    token = sign(key, claims)
    assert gateway.ask(path="/public/page?x=/orders").status == 200, gateway.log()
    assert gateway.ask(path="/orders").status == 401
    assert gateway.ask(token, path="/orders").status == 200
    assert gateway.ask(token, path="/admin/users").status == 200
    assert gateway.ask(token, "POST", "/admin/users", body=b"").status == 403
    assert [request["path"] for request in application.requests] == [
        "/public/page?x=/orders", "/orders", "/admin/users"]
    administrator = sign(key, {**claims, "scope": "admin"})
    assert gateway.ask(administrator, "POST", "/admin/users", body=b"").status == 200


def test_an_identity_never_comes_from_the_client_where_no_token_is_asked_for(gateway,
                                                                            application):
    spoofed = [("X-Auth-Subject", "mallory"), ("X-Auth-Scope", "admin"),
               ("X_Auth_Subject", "mallory")]
    assert gateway.ask(path=PUBLIC, headers=spoofed).status == 200, gateway.log()
    sent = application.requests[0]["headers"]
    assert not [pair for pair in sent if pair[1] in ("mallory", "admin")], sent


@pytest.mark.parametrize("name", ["X-Original-URI", "X-Original-Url", "X-Forwarded-Uri",
                                  "X-Rewrite-Url", "X-Forwarded-Prefix", "x_forwarded_uri"])
def test_the_client_has_no_say_in_what_its_path_is(gateway, application, name):
    methods = [("X-Original-Method", "GET"), ("X-Forwarded-Method", "GET"),
               ("X-Http-Method-Override", "GET")]
    answer = gateway.ask(path="/orders", headers=[(name, PUBLIC), *methods])
    assert answer.status in (401, 403), (answer, gateway.log())
    assert not application.requests


@pytest.mark.parametrize("path", TRICKY)
def test_a_path_passes_without_a_token_only_if_all_read_it_as_public(gateway, application, path):
    answer = gateway.ask(path=path)
    assert answer.status < 500 or answer.status == 503, (answer, gateway.log())
    for request in application.requests:
        others = [one for one in readings(request["path"]) if not is_public(one)]
        assert not others, (path, request["path"], others)

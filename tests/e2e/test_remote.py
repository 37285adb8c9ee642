# SPDX-License-Identifier: Apache-2.0
"""The options that say how a set is downloaded, over TLS and not: jwks fetch, jwt verify and
serve share them."""
import base64

import pytest

from support.certificate import Certificate
from support.cli import UNDECIDED, USAGE, refuses
from support.issuer import ScriptedIssuer
from support.vectors import RSA_KEY

OTHER_PIN = base64.b64encode(bytes(32)).decode()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure(certificate):
    with ScriptedIssuer(certificate.context()) as issuer:
        issuer.keys = [RSA_KEY]
        yield issuer


def test_r19_fetch_trusts_the_authorities_it_is_given(program, secure, certificate):
    assert b"2011-04-29" in program.ok("jwks", "fetch", "--ca-file", str(certificate.file),
                                       secure.jwks_url)
    refuses(program, UNDECIDED, "jwks", "fetch", secure.jwks_url, says="[transport_tls]")


def test_r19_fetch_heeds_pins(program, secure, certificate):
    fetch = ["jwks", "fetch", "--ca-file", str(certificate.file), secure.jwks_url, "--pin"]
    program.ok(*fetch, certificate.pin)
    program.ok(*fetch, OTHER_PIN + ";" + certificate.pin)
    refuses(program, UNDECIDED, *fetch, OTHER_PIN, says="[transport_tls]")
    refuses(program, USAGE, *fetch, "short", says="pin")


def test_r19_fetch_shows_its_certificate(program, certificate):
    with ScriptedIssuer(certificate.context(wants_client=True)) as issuer:
        issuer.keys = [RSA_KEY]
        fetch = ["jwks", "fetch", "--ca-file", str(certificate.file), issuer.jwks_url]
        program.ok(*fetch, "--client-cert", str(certificate.file), "--client-key",
                   str(certificate.key_file))
        refuses(program, UNDECIDED, *fetch)
        assert issuer.downloads == 1
        refuses(program, USAGE, *fetch, "--client-cert", str(certificate.file),
                says="client_key_file")


def test_r19_fetch_goes_through_the_proxy(program, secure, certificate, issuer):
    fetch = ["jwks", "fetch", "--ca-file", str(certificate.file), secure.jwks_url, "--proxy"]
    refuses(program, UNDECIDED, *fetch, issuer.url, says="the proxy refused")
    refuses(program, USAGE, *fetch, "socks5://127.0.0.1:1", says="proxy")
    assert secure.downloads == 0


def test_r19_fetch_sends_headers(program, issuer):
    issuer.keys = [RSA_KEY]
    fetch = ["jwks", "fetch", "--allow-http-loopback", issuer.jwks_url]
    program.ok(*fetch, "--header", "X-Tenant: a", "--header", "X-Other: b")
    assert issuer.asked["X-Tenant"] == "a" and issuer.asked["X-Other"] == "b"
    refuses(program, USAGE, *fetch, "--header", "Host: elsewhere", says="header")
    refuses(program, USAGE, *fetch, *["--header", "X: y"] * 17, says="header")
    assert issuer.downloads == 1


def test_r20_fetch_falls_back(program, issuer):
    issuer.keys = [RSA_KEY]
    fetch = ["jwks", "fetch", "--allow-http-loopback", "--fallback", issuer.url + "/nothing",
             "--fallback", issuer.jwks_url]
    assert b"2011-04-29" in program.ok(*fetch, issuer.url + "/no")
    refuses(program, USAGE, *fetch, "--issuer", issuer.url, says="fallback")
    refuses(program, USAGE, *fetch, *["--fallback", issuer.jwks_url] * 7, issuer.jwks_url,
            says="fallback")


def test_r18_fetch_refuses_private_addresses_where_told(program, secure, certificate):
    fetch = ["jwks", "fetch", "--ca-file", str(certificate.file), secure.jwks_url]
    program.ok(*fetch)
    refuses(program, UNDECIDED, *fetch, "--public-only", says="not a public one")


def test_r20_verify_falls_back(program, issuer, make_key, claims):
    key = make_key("first")
    issuer.keys = [key.public]
    token = program.ok("jwt", "sign", "--key", str(key.path), "--iss", claims["iss"], "--aud",
                       claims["aud"], "--exp", "+300")
    program.ok("jwt", "verify", "--allow-http-loopback", "--jwks", issuer.url + "/no",
               "--fallback", issuer.jwks_url, "--iss", claims["iss"], "--aud", claims["aud"],
               stdin=token)


def test_r20_serve_falls_back(serve, issuer, make_key):
    issuer.keys = [make_key("first").public]
    serve("--jwks", issuer.url + "/no", "--iss", issuer.url, "--allow-http-loopback",
          "--fallback", issuer.jwks_url, "--start", "required")
    assert issuer.downloads == 1


def test_r20_serve_checks_its_ranges(program):
    serve = ["serve", "--issuer", "https://issuer.test", "--audience", "a"]
    refuses(program, USAGE, *serve, "--rediscovery", "59", says="--rediscovery")
    refuses(program, USAGE, *serve, "--rediscovery", "604801", says="--rediscovery")
    refuses(program, USAGE, *serve, "--fallback", "https://two.test/", says="fallback")
    refuses(program, USAGE, *serve, "--header", "Host: a", says="header")

# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve: rotations, outages and garbage at the issuer."""
import json

import pytest

from support import forge
from support.program import wait_until
from support.verdict import AUDIENCE, assert_refused, assert_undecided


def test_accepts_the_first_token_under_a_rotated_key(service, sign, key, claims, make_key,
                                                     issuer):
    assert service.verify(sign(key, claims)).status == 200
    assert issuer.downloads == 1
    second = make_key("second")
    issuer.keys = [key.public, second.public]
    assert service.verify(sign(second, claims)).status == 200
    assert issuer.downloads == 2
    assert service.verify(sign(key, claims)).status == 200
    assert issuer.downloads == 2


def test_refuses_a_retired_key_once_the_set_was_replaced(service, sign, key, claims, make_key,
                                                         issuer):
    old = sign(key, claims)
    assert service.verify(old).status == 200
    second = make_key("second")
    issuer.keys = [second.public]
    assert service.verify(sign(second, claims)).status == 200
    assert_refused(service.verify(old))


def test_unknown_kids_cost_few_downloads(service, sign, key, claims, issuer):
    assert service.verify(sign(key, claims)).status == 200
    header, payload, signature = sign(key, claims).split(".")
    for number in range(100):
        header = forge.encode(json.dumps({"alg": "ES256", "kid": f"no-{number}"}).encode())
        assert_refused(service.verify(".".join([header, payload, signature])))
    assert issuer.downloads <= 1 + 2
    assert service.verify(sign(key, claims)).status == 200


def test_an_expired_token_under_an_unknown_kid_costs_no_download(service, sign, key, claims,
                                                                 make_key, issuer):
    assert service.verify(sign(key, claims)).status == 200
    before = issuer.downloads
    claims["exp"] = claims["iat"] - 1
    assert_refused(service.verify(sign(make_key("second"), claims)))
    assert issuer.downloads == before


def test_decides_nothing_while_the_keys_are_down_at_start(serve, sign, key, claims, issuer):
    issuer.status = 500
    service = serve("--issuer", issuer.url, "--audience", AUDIENCE, "--allow-http-loopback")
    token = sign(key, claims)
    assert_undecided(service.verify(token))
    assert service.admin("/healthz").status == 200
    assert service.admin("/readyz").status == 503
    issuer.reset()
    issuer.keys = [key.public]
    wait_until("the keys", lambda: service.verify(token).status == 200)
    assert service.admin("/readyz").status == 200


def test_old_keys_serve_on_while_the_issuer_is_down(service, sign, key, claims, make_key,
                                                    issuer):
    old = sign(key, claims)
    assert service.verify(old).status == 200
    issuer.status = 503
    assert_undecided(service.verify(sign(make_key("second"), claims)))
    assert issuer.downloads > 1
    assert service.verify(old).status == 200
    assert service.admin("/readyz").status == 200


GARBAGE = {
    "html": {"headers": {"Content-Type": "text/html"}, "body": b"<html>sign in</html>"},
    "not-json": {"body": b"{\"keys\": ["},
    "not-a-set": {"body": b"{\"kees\": []}"},
    "an-array": {"body": b"[]"},
    "empty": {"body": b""},
    "too-large": {"body": b"{\"keys\": [" + b" " * (600 * 1024) + b"]}"},
    "too-deep": {"body": b"{\"keys\": " + b"[" * 1000 + b"]" * 1000 + b"}"},
    "redirect": {"status": 302, "headers": {"Location": "/.well-known/openid-configuration"}},
    "cut": {"drops": True},
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_never_published(service, sign, key, claims, make_key, issuer, name):
    old = sign(key, claims)
    assert service.verify(old).status == 200
    issuer.keys = [make_key("second").public]
    for field, value in GARBAGE[name].items():
        setattr(issuer, field, value)
    assert_undecided(service.verify(sign(make_key("second"), claims)))
    assert issuer.downloads > 1
    assert service.verify(old).status == 200


@pytest.mark.parametrize("name", ["html", "not-json", "redirect", "cut"])
def test_garbage_at_start_decides_nothing(serve, sign, key, claims, issuer, name):
    issuer.keys = [key.public]
    for field, value in GARBAGE[name].items():
        setattr(issuer, field, value)
    service = serve("--jwks", issuer.jwks_url, "--iss", issuer.url, "--audience", AUDIENCE,
                    "--allow-http-loopback")
    assert_undecided(service.verify(sign(key, claims)))


def test_skips_a_key_it_cannot_use(serve, sign, key, claims, issuer):
    issuer.keys = [{"kty": "quantum", "kid": "q"}, {"kty": "EC", "crv": "P-256", "kid": "short"},
                   {"kty": "oct", "kid": "secret", "k": "A" * 43}, key.public]
    service = serve("--jwks", issuer.jwks_url, "--iss", issuer.url, "--audience", AUDIENCE,
                    "--allow-http-loopback")
    assert service.verify(sign(key, claims)).status == 200
    published = json.loads(service.get("/jwks/default").body)["keys"]
    assert [one["kid"] for one in published] == ["first"]

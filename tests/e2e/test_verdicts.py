# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve: which tokens pass and which do not."""
import json
import types

import pytest

from support import forge
from support.verdict import AUDIENCE, assert_refused


def test_accepts_a_good_token(service, sign, key, claims, issuer):
    answer = service.verify(sign(key, claims))
    assert answer.status == 200, answer
    assert answer.headers["Content-Length"] == "0"
    assert answer.headers["X-Auth-Subject"] == "alice"
    assert answer.headers["X-Auth-Issuer"] == issuer.url
    assert answer.headers["X-Auth-Scope"] == "read write"


def test_sends_identity_headers_empty_where_the_claim_is_absent(service, sign, key, claims):
    del claims["sub"], claims["scope"]
    answer = service.verify(sign(key, claims))
    assert answer.status == 200, answer
    assert answer.headers["X-Auth-Subject"] == ""
    assert answer.headers["X-Auth-Scope"] == ""


def test_sends_a_value_that_cannot_stand_in_a_header_empty(service, sign, key, claims):
    claims["sub"] = "alice\r\nX-Auth-Issuer: mallory"
    answer = service.verify(sign(key, claims))
    assert answer.status == 200, answer
    assert answer.headers["X-Auth-Subject"] == ""
    assert answer.headers.get_all("X-Auth-Issuer") == [claims["iss"]]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_treats_methods_alike(service, sign, key, claims, method):
    assert service.verify(sign(key, claims), method=method).status == 200
    assert service.verify(method=method).status == 401


def test_asks_for_a_token_where_none_came(service):
    answer = service.verify()
    assert answer.status == 401, answer
    assert 'Bearer realm="' in answer.headers["WWW-Authenticate"]
    assert "error=" not in answer.headers["WWW-Authenticate"]


def test_refuses_two_tokens_in_one_request(service, sign, key, claims):
    good = sign(key, claims)
    answer = service.verify(good, headers=[("Authorization", f"Bearer {good}")])
    assert_refused(answer, "invalid_request")


def test_refuses_tampered_claims(service, sign, key, claims):
    assert_refused(service.verify(forge.with_claim(sign(key, claims), "sub", "mallory")))


@pytest.mark.parametrize("byte", [0, 31, 32, 63])
def test_refuses_a_tampered_signature(service, sign, key, claims, byte):
    assert_refused(service.verify(forge.with_bit_flipped(sign(key, claims), byte)))


def test_refuses_an_expired_token(service, sign, key, claims):
    claims["exp"] = claims["iat"] - 1
    assert_refused(service.verify(sign(key, claims)))


def test_refuses_a_token_that_never_expires(service, sign, key, claims):
    del claims["exp"]
    assert_refused(service.verify(sign(key, claims)))


def test_accepts_a_token_that_never_expires_where_asked_to(serve, issuer, sign, key, claims):
    issuer.keys = [key.public]
    service = serve("--issuer", issuer.url, "--audience", AUDIENCE, "--allow-http-loopback",
                    "--allow-no-exp")
    del claims["exp"]
    assert service.verify(sign(key, claims)).status == 200


def test_refuses_a_token_of_the_future(service, sign, key, claims):
    claims["nbf"] = claims["iat"] + 3000
    assert_refused(service.verify(sign(key, claims)))


@pytest.mark.parametrize("audience", ["other", ["other", "API"], None])
def test_refuses_the_wrong_audience(service, sign, key, claims, audience):
    if audience is None:
        del claims["aud"]
    else:
        claims["aud"] = audience
    assert_refused(service.verify(sign(key, claims)))


@pytest.mark.parametrize("change", ["/", "X", None])
def test_refuses_the_wrong_issuer(service, sign, key, claims, change):
    if change is None:
        del claims["iss"]
    else:
        claims["iss"] += change
    assert_refused(service.verify(sign(key, claims)))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_refuses_alg_none(service, claims, alg, signature):
    token = forge.unsigned({"alg": alg, "kid": "first"}, claims) + "." + signature
    assert_refused(service.verify(token))


def test_refuses_hs256_made_with_the_public_key(serve, issuer, claims, make_key):
    rsa = make_key("rsa", "RS256")
    issuer.keys = [rsa.public]
    service = serve("--issuer", issuer.url, "--audience", AUDIENCE, "--allow-http-loopback")
    header = {"alg": "HS256", "kid": "rsa"}
    secrets = [forge.rsa_public_pem(rsa.public), forge.decode(rsa.public["n"]),
               json.dumps(rsa.public).encode(),
               json.dumps(rsa.public, separators=(",", ":")).encode()]
    for secret in secrets:
        assert_refused(service.verify(forge.hs256(header, claims, secret)))


def test_refuses_another_key_under_the_same_kid(service, program, sign, claims, tmp_path):
    path = tmp_path / "stranger.json"
    path.write_bytes(program.ok("jwk", "generate", "--alg", "ES256", "--kid", "first"))
    assert_refused(service.verify(sign(types.SimpleNamespace(path=path), claims)))


def test_refuses_a_key_that_the_token_brings_along(service, claims, issuer):
    secret = b"mallory's secret, 32 bytes long."
    jwk = {"kty": "oct", "k": forge.encode(secret)}
    header = {"alg": "HS256", "jwk": jwk, "jku": issuer.jwks_url}
    assert_refused(service.verify(forge.hs256(header, claims, secret)))


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c.d", "..", "%", "a.b.c", "é"])
def test_refuses_what_is_no_token(service, token):
    answer = service.verify(headers=[("Authorization", f"Bearer {token}".encode("latin-1"))])
    assert answer.status in (400, 401), answer


def test_never_logs_the_token(serve, issuer, key, sign, claims):
    issuer.keys = [key.public]
    service = serve("--issuer", issuer.url, "--audience", AUDIENCE, "--allow-http-loopback")
    good = sign(key, claims)
    bad = forge.with_claim(good, "sub", "mallory")
    service.verify(good)
    service.verify(bad)
    for token in (good, bad):
        for part in token.split(".")[1:]:
            assert part not in service.output()

# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve from outside: what passes, what does not, and what is not decided."""
import json
import time
import types

import pytest

from support import forge
from support.program import wait_until

AUDIENCE = "api"


@pytest.fixture
def key(make_key):
    return make_key("first")


@pytest.fixture
def claims(issuer):
    now = int(time.time())
    return {"iss": issuer.url, "sub": "alice", "aud": AUDIENCE, "scope": "read write",
            "iat": now, "exp": now + 3600}


@pytest.fixture
def service(serve, issuer, key):
    issuer.keys = [key.public]
    return serve("--issuer", issuer.url, "--audience", AUDIENCE, "--allow-http-loopback")


def assert_refused(answer, error="invalid_token"):
    assert answer.status == 401, answer
    assert answer.headers["WWW-Authenticate"].startswith("Bearer "), answer
    assert f'error="{error}"' in answer.headers["WWW-Authenticate"], answer
    assert "X-Auth-Subject" not in answer.headers, answer


def assert_undecided(answer):
    assert answer.status == 503, answer
    assert int(answer.headers["Retry-After"]) > 0, answer
    assert "X-Auth-Subject" not in answer.headers, answer


# ---- A token comes in, a verdict goes out -----------------------------------------------------


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


# ---- The keys keep themselves right -----------------------------------------------------------


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


# ---- Seen from outside ------------------------------------------------------------------------


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

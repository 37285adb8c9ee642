# SPDX-License-Identifier: Apache-2.0
"""jwkeep jwt: claims signed, verified, looked at."""
import json

import pytest

from support import forge
from support.cli import NO, UNDECIDED, USAGE, YES, refuses

NOW = 1700000000
CLAIMS = {"iss": "https://issuer.example", "sub": "alice", "aud": ["api", "other"],
          "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 300, "jti": "1"}


@pytest.fixture
def jwt(program, make_key, sign):
    """jwt(claims, options…) verifies a token with these claims at the time NOW."""
    key = make_key("first")

    def verify(claims, *options):
        return program.run("jwt", "verify", "--key", str(key.path), "--now", str(NOW), *options,
                           stdin=sign(key, claims).encode())

    return verify


GOOD = [[], ["--iss", "https://issuer.example"], ["--aud", "api"], ["--aud", "x", "--aud", "other"],
        ["--require", "sub", "--require", "jti"], ["--typ", "JWT"], ["--alg", "ES256"]]


@pytest.mark.parametrize("options", GOOD, ids=" ".join)
def test_gives_the_claims_of_a_good_token(jwt, options):
    done = jwt(CLAIMS, *options)
    assert done.returncode == YES and json.loads(done.stdout) == CLAIMS, done


BAD = {
    "exp": ({**CLAIMS, "exp": NOW}, []),
    "exp ": ({**CLAIMS, "exp": NOW - 30}, ["--leeway", "30"]),
    "nbf": ({**CLAIMS, "nbf": NOW + 1}, []),
    "iss": (CLAIMS, ["--iss", "https://issuer.example/"]),
    "aud": (CLAIMS, ["--aud", "API"]),
    "jku": (CLAIMS, ["--require", "jku"]),
    "typ": (CLAIMS, ["--typ", "at+jwt"]),
    "alg": (CLAIMS, ["--alg", "RS256"]),
}


@pytest.mark.parametrize("name", BAD)
def test_refuses_a_token_and_names_the_claim(jwt, name):
    claims, options = BAD[name]
    done = jwt(claims, *options)
    assert done.returncode == NO and done.stdout == b"", done
    assert name.strip() in done.stderr.decode(), done


@pytest.mark.parametrize("name, value", [("exp", str(NOW + 300)), ("nbf", None), ("iat", -1),
                                         ("iss", 1), ("aud", {}), ("aud", ["api", 1])])
def test_refuses_a_claim_of_the_wrong_type(program, make_key, name, value):
    key = str(make_key("first").path)
    token = program.ok("jws", "sign", "--key", key,
                       stdin=json.dumps({**CLAIMS, name: value}).encode())
    refuses(program, NO, "jwt", "verify", "--key", key, "--now", str(NOW), stdin=token,
            says=name)


def test_leeway_is_added_on_both_sides(jwt):
    assert jwt({**CLAIMS, "exp": NOW - 29}, "--leeway", "30").returncode == YES
    assert jwt({**CLAIMS, "nbf": NOW + 30}, "--leeway", "30").returncode == YES
    assert jwt({**CLAIMS, "nbf": NOW + 31}, "--leeway", "30").returncode == NO


@pytest.mark.parametrize("options", [["--now", "soon"], ["--leeway", "-1"], ["--leeway", "1e99"],
                                     ["--alg", "none"], ["--jwks", "https://x.example/",
                                                         "--issuer", "https://x.example"]],
                         ids=" ".join)
def test_refuses_options_that_make_no_sense(program, options):
    refuses(program, USAGE, "jwt", "verify", "--key", "-", *options, stdin=b"")


def test_verifies_against_a_url(program, issuer, make_key, sign):
    key = make_key("first")
    issuer.keys = [key.public]
    claims = {**CLAIMS, "iss": issuer.url}
    token = sign(key, claims).encode()
    always = ["--now", str(NOW), "--allow-http-loopback"]
    for where in (["--jwks", issuer.jwks_url], ["--issuer", issuer.url]):
        out = program.ok("jwt", "verify", *where, *always, stdin=token)
        assert json.loads(out) == claims
    other = forge.with_claim(token.decode(), "iss", issuer.url + "/").encode()
    refuses(program, NO, "jwt", "verify", "--issuer", issuer.url, *always, stdin=other)
    issuer.status = 500
    refuses(program, UNDECIDED, "jwt", "verify", "--jwks", issuer.jwks_url, *always,
            stdin=token)


def test_names_the_claim_that_is_missing_wherever_the_keys_come_from(program, issuer, make_key,
                                                                     sign):
    key = make_key("first")
    issuer.keys = [key.public]
    token = sign(key, CLAIMS).encode()
    for where in (["--key", str(key.path)], ["--jwks", issuer.jwks_url]):
        refuses(program, NO, "jwt", "verify", *where, "--now", str(NOW), "--require", "tenant",
                "--allow-http-loopback", stdin=token, says="(tenant, ")


def test_an_unknown_kid_at_the_url_is_a_no(program, issuer, make_key, sign):
    issuer.keys = [make_key("second").public]
    refuses(program, NO, "jwt", "verify", "--jwks", issuer.jwks_url, "--now", str(NOW),
            "--allow-http-loopback", stdin=sign(make_key("first"), CLAIMS).encode())


def test_decode_shows_a_token_without_judging(program, make_key, sign):
    token = sign(make_key("first"), CLAIMS)
    out = program.ok("jwt", "decode", stdin=forge.with_claim(token, "sub", "mallory").encode())
    assert b"mallory" in out
    refuses(program, NO, "jwt", "decode", stdin=b"a.b")


def test_sign_refuses_claims_that_no_verifier_takes(program, make_key):
    key = str(make_key("first").path)
    for claims in (b"[]", b"{", b'{"exp":"soon"}', b'{"iss":1}'):
        refuses(program, NO, "jwt", "sign", "--key", key, stdin=claims)

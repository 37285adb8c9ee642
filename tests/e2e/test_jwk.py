# SPDX-License-Identifier: Apache-2.0
"""jwkeep jwk: made, checked, made public, named by thumbprint."""
import json

import pytest

from support.cli import NO, USAGE, YES, refuses
from support.vectors import ES256_KEY, HS256_KEY, RSA_KEY, RSA_THUMBPRINT

ALGORITHMS = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
              "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448"]


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_generated_key_is_usable_and_signs(program, alg, file):
    key = program.ok("jwk", "generate", "--alg", alg)
    assert json.loads(key)["alg"] == alg
    program.ok("jwk", "check", stdin=key)
    token = program.ok("jws", "sign", "--key", file(key), stdin=b"the payload")
    done = program.run("jws", "verify", "--key", file(key), stdin=token)
    assert (done.returncode, done.stdout) == (YES, b"the payload"), done


def test_generate_gives_a_kid_that_is_the_thumbprint(program):
    key = program.ok("jwk", "generate", "--alg", "ES256")
    thumbprint = program.ok("jwk", "thumbprint", stdin=key).decode().strip()
    assert json.loads(key)["kid"] == thumbprint


def test_generate_refuses_an_algorithm_it_does_not_know(program):
    refuses(program, USAGE, "jwk", "generate", "--alg", "RS128", says="RS128")
    refuses(program, USAGE, "jwk", "generate", "--alg", "none", says="none")


def test_check_accepts_a_good_key(program):
    for key in (RSA_KEY, ES256_KEY, HS256_KEY):
        assert program.run("jwk", "check", stdin=json.dumps(key).encode()).returncode == YES


BAD_KEYS = {
    "not JSON": b"{",
    "an array": b"[]",
    "no kty": {"n": RSA_KEY["n"], "e": "AQAB"},
    "unknown kty": {"kty": "quantum"},
    "unknown crv": {**ES256_KEY, "crv": "P-255"},
    "a member missing": {"kty": "EC", "crv": "P-256", "x": ES256_KEY["x"]},
    "not on the curve": {**ES256_KEY, "y": ES256_KEY["x"]},
    "a coordinate too short": {**ES256_KEY, "x": ES256_KEY["x"][4:]},
    "padded base64": {**HS256_KEY, "k": HS256_KEY["k"] + "=="},
    "alg for another kty": {**RSA_KEY, "alg": "ES256"},
    "use against key_ops": {**RSA_KEY, "use": "sig", "key_ops": ["encrypt"]},
    "an even exponent": {**RSA_KEY, "e": "AQAA"},
    "a member twice": b'{"kty":"oct","kty":"oct","k":"' + HS256_KEY["k"].encode() + b'"}',
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_check_refuses_a_bad_key_and_says_why(program, name):
    key = BAD_KEYS[name]
    refuses(program, NO, "jwk", "check",
            stdin=key if isinstance(key, bytes) else json.dumps(key).encode())


def test_check_never_shows_a_secret(program):
    secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I"
    done = program.run("jwk", "check", stdin=json.dumps(
        {"kty": "oct", "k": secret + "!"}).encode())
    assert done.returncode == NO and secret.encode() not in done.stdout + done.stderr, done


def test_public_leaves_out_the_private_half(program):
    for alg in ("RS256", "ES256", "EdDSA"):
        key = program.ok("jwk", "generate", "--alg", alg)
        public = json.loads(program.ok("jwk", "public", stdin=key))
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(public)
        assert public["kid"] == json.loads(key)["kid"]


def test_public_refuses_a_symmetric_key(program):
    refuses(program, NO, "jwk", "public", stdin=json.dumps(HS256_KEY).encode())


def test_thumbprint_is_that_of_the_rfc(program, file):
    stdin = json.dumps(RSA_KEY).encode()
    assert program.ok("jwk", "thumbprint", stdin=stdin).strip() == RSA_THUMBPRINT
    assert program.ok("jwk", "thumbprint", "-", stdin=stdin).strip() == RSA_THUMBPRINT
    assert program.ok("jwk", "thumbprint", file(RSA_KEY)).strip() == RSA_THUMBPRINT
    refuses(program, NO, "jwk", "thumbprint", stdin=b"{}")

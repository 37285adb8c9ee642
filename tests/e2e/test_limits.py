# SPDX-License-Identifier: Apache-2.0
"""The limits of tokens and key sets as options: each refuses what is over it, and lets pass what is
over the library's own."""
import json

import pytest

from support import forge
from support.cli import NO, UNDECIDED, USAGE, YES, refuses
from support.verdict import assert_refused

SECRET = b"0123456789abcdef0123456789abcdef"
JWK = {"kty": "oct", "k": forge.encode(SECRET), "alg": "HS256"}
HEADER = {"alg": "HS256", "kid": "k"}
ROOM = ("--max-token-bytes", "40000")

# Header, claims and options of what passes, and one more option that refuses it.
HS256_TOKENS = {
    "token": (HEADER, {"n": "x" * 20000}, ROOM,
              ("--max-token-bytes", "20000")),
    "header": ({**HEADER, "n": "x" * 4000}, {}, ("--max-header-bytes", "8000"),
               ("--max-header-bytes", "4096")),
    "kid": ({**HEADER, "kid": "k" * 300}, {}, ("--max-kid-bytes", "300"),
            ("--max-kid-bytes", "299")),
    "depth": (HEADER, {"n": json.loads("[" * 20 + "]" * 20)}, ("--max-json-depth", "21"),
              ("--max-json-depth", "20")),
    "values": (HEADER, {"n": [0] * 5000}, (*ROOM, "--max-json-values", "5002"),
               (*ROOM, "--max-json-values", "5001")),
    "audiences": (HEADER, {"aud": ["a"] * 80}, ("--max-audiences", "80"),
                  ("--max-audiences", "79")),
}


@pytest.mark.parametrize("name", HS256_TOKENS)
def test_jwt_verify_takes_and_refuses_by_the_limit_it_is_given(program, file, name):
    header, claims, wide, narrow = HS256_TOKENS[name]
    token = forge.hs256(header, claims, SECRET).encode()
    words = ("jwt", "verify", "--key", file(JWK))
    assert program.run(*words, *wide, stdin=token).returncode == YES
    assert program.run(*words, *narrow, stdin=token).returncode == NO
    assert program.run(*words, stdin=token).returncode == NO  # by the library's own


@pytest.fixture
def five(make_key):
    return [make_key(f"limits{i}") for i in range(5)]


def test_jwt_verify_tries_as_many_keys_as_it_may(program, file, five, sign):
    token = sign(five[-1], {}, "--no-kid").encode()
    words = ("jwt", "verify", "--key", file({"keys": [each.public for each in five]}))
    assert program.run(*words, "--max-candidates", "5", stdin=token).returncode == YES
    assert program.run(*words, stdin=token).returncode == NO


def test_jwt_verify_downloads_as_many_keys_as_it_may(program, issuer, five, sign):
    issuer.keys = [each.public for each in five]
    token = sign(five[0], {"iss": issuer.url}).encode()
    words = ("jwt", "verify", "--issuer", issuer.url, "--allow-http-loopback")
    size = len(json.dumps({"keys": issuer.keys}))
    for option, least in (("--max-keys", 5), ("--max-keyset-bytes", size)):
        assert program.run(*words, option, str(least), stdin=token).returncode == YES
        assert program.run(*words, option, str(least - 1), stdin=token).returncode == UNDECIDED


@pytest.mark.parametrize("name, least, more", [
    ("token-bytes", None, {}),
    ("header-bytes", None, {}),
    ("kid-bytes", len("first"), {}),
    ("json-depth", 4, {"n": [[[]]]}),
    # The object, its six claims, and the numbers.
    ("json-values", 37 + 1, {"n": [0] * 30}),
    ("audiences", 3, {"aud": ["a", "b", "api"]}),
])
def test_serve_judges_by_the_limit_it_is_given(serve, issuer, sign, key, claims, name, least, more):
    issuer.keys = [key.public]
    token = sign(key, {**claims, **more})
    if name == "token-bytes":
        least = len(token)
    elif name == "header-bytes":
        least = len(token.split(".")[0])
    usual = ("--jwks", issuer.jwks_url, "--iss", issuer.url, "--allow-http-loopback")
    assert serve(*usual, f"--max-{name}", str(least)).verify(token).status == 200
    assert_refused(serve(*usual, f"--max-{name}", str(least - 1)).verify(token))


def test_serve_takes_as_many_keys_as_it_may(serve, issuer, five, sign, claims):
    issuer.keys = [each.public for each in five]
    token = sign(five[0], claims)
    usual = ("--jwks", issuer.jwks_url, "--iss", issuer.url, "--allow-http-loopback")
    assert serve(*usual, "--max-keys", "5").verify(token).status == 200
    assert serve(*usual, "--max-keys", "4").verify(token).status == 503


@pytest.mark.parametrize("words, says", [
    (("jwt", "verify", "--key", "k", "--max-keys", "9"), "go with --jwks or --issuer"),
    (("jwt", "verify", "--key", "k", "--max-keyset-bytes", "9"), "go with --jwks or --issuer"),
    (("jwt", "verify", "--key", "k", "--max-json-depth", "33"), "1 to 32"),
    (("serve", "--dev", "--max-token-bytes", "0"), "1 to 1048576"),
    (("serve", "--dev", "--max-candidates", "101"), "1 to 100"),
    (("serve", "--config", "f", "--max-crit", "3"), "stands in the file"),
])
def test_says_which_limits_there_are(program, words, says):
    refuses(program, USAGE, *words, says=says)

# SPDX-License-Identifier: Apache-2.0
"""The command line: what it answers, with which status, and what it says about bad input.
Statuses: 0 yes, 1 no, 2 usage, 3 could not decide, 4 internal."""
import json

import pytest

from support import forge

YES, NO, USAGE, UNDECIDED = 0, 1, 2, 3

COMMANDS = [
    ["jwk", "generate"], ["jwk", "check"], ["jwk", "public"], ["jwk", "thumbprint"],
    ["jwks", "list"], ["jwks", "fetch"],
    ["jws", "sign"], ["jws", "verify"],
    ["jwt", "sign"], ["jwt", "verify"], ["jwt", "decode"],
    ["serve"], ["dev-issuer"], ["bench", "storm"], ["bench", "verify"],
]

# RFC 7515, Appendices A.1 and A.3
PAYLOAD = b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
HS256_KEY = {"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3"
                                "Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
HS256_TOKEN = ("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkz"
               "ODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU"
               "1p1r_wW1gFWFOEjXk")
ES256_KEY = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
             "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
ES256_TOKEN = ("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
               "eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCg"
               "fTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
# RFC 7638 §3.1
RSA_KEY = {
    "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
         "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
         "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI"
         "4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}
RSA_THUMBPRINT = b"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.fixture
def file(tmp_path):
    """file(value) gives the name of a file that holds it, as JSON unless it is bytes."""
    count = iter(range(1000))

    def make(value):
        path = tmp_path / f"file{next(count)}"
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        return str(path)

    return make


def refuses(program, status, *words, stdin=b"", says=""):
    """The run ends with `status`, nothing on standard output, and one line that says why."""
    done = program.run(*words, stdin=stdin)
    assert done.returncode == status, (words, done)
    assert done.stdout == b"", (words, done)
    lines = done.stderr.decode().strip().splitlines()
    assert lines and lines[0].startswith("jwkeep"), (words, done)
    if status != USAGE:
        assert len(lines) == 1, (words, done)
    assert says in done.stderr.decode(), (words, done)


# ---- Every command ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_explains_itself(program, command):
    done = program.run(*command, "--help")
    assert done.returncode == YES and done.stderr == b"", done
    text = done.stdout.decode()
    assert text.lower().startswith("usage: jwkeep " + " ".join(command)), text
    assert "xample" in text, text


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_refuses_an_option_it_does_not_have(program, command):
    refuses(program, USAGE, *command, "--no-such-option", says="--no-such-option")


@pytest.mark.parametrize("noun", ["jwk", "jwks", "jws", "jwt", "bench"])
def test_refuses_a_verb_it_does_not_have(program, noun):
    refuses(program, USAGE, noun, "frobnicate", says="frobnicate")
    refuses(program, USAGE, noun)


def test_refuses_a_command_it_does_not_have(program):
    refuses(program, USAGE, "frobnicate", says="frobnicate")
    refuses(program, USAGE)


def test_explains_the_whole_program(program):
    text = program.ok("--help").decode()
    for command in COMMANDS:
        assert command[0] in text


def test_tells_its_version(program):
    assert program.ok("--version").startswith(b"jwkeep ")


# ---- jwk --------------------------------------------------------------------------------------

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


# ---- jwks -------------------------------------------------------------------------------------


def test_list_shows_the_keys_of_a_file(program, file):
    out = program.ok("jwks", "list", file({"keys": [RSA_KEY, ES256_KEY]})).decode()
    assert "2011-04-29" in out and RSA_THUMBPRINT.decode() in out


def test_list_names_what_it_left_out(program, file):
    keys = [RSA_KEY, {"kty": "quantum", "kid": "odd"}]
    done = program.run("jwks", "list", file({"keys": keys}))
    assert done.returncode == YES and b"2011-04-29" in done.stdout, done
    assert b"odd" in done.stdout + done.stderr, done


def test_list_refuses_what_is_no_set(program):
    refuses(program, NO, "jwks", "list", "-", stdin=b"[]")
    refuses(program, NO, "jwks", "list", "-", stdin=b"{\"keys\":")


def test_fetch_gives_the_set_of_a_url(program, issuer):
    issuer.keys = [RSA_KEY]
    out = program.ok("jwks", "fetch", "--allow-http-loopback", issuer.jwks_url)
    assert [key["kid"] for key in json.loads(out)["keys"]] == ["2011-04-29"]
    issuer.status = 500
    refuses(program, UNDECIDED, "jwks", "fetch", "--allow-http-loopback", issuer.jwks_url)


def test_fetch_refuses_plain_http(program, issuer):
    issuer.keys = [RSA_KEY]
    refuses(program, UNDECIDED, "jwks", "fetch", issuer.jwks_url)
    assert issuer.downloads == 0


# ---- jws --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key, token", [(HS256_KEY, HS256_TOKEN), (ES256_KEY, ES256_TOKEN)])
def test_verifies_the_tokens_of_the_rfc(program, file, key, token):
    done = program.run("jws", "verify", "--key", file(key), stdin=token.encode())
    assert (done.returncode, done.stdout) == (YES, PAYLOAD), done
    done = program.run("jws", "verify", "--key", file({"keys": [RSA_KEY, key]}),
                       stdin=token.encode() + b"\n")
    assert (done.returncode, done.stdout) == (YES, PAYLOAD), done


def test_gives_no_payload_before_it_verified(program, file):
    key = file(ES256_KEY)
    for byte in (0, 31, 32, 63):
        bad = forge.with_bit_flipped(ES256_TOKEN, byte)
        refuses(program, NO, "jws", "verify", "--key", key, stdin=bad.encode(),
                says="signature")


@pytest.mark.parametrize("token", [b"", b"x", b"a.b", b"a.b.c.d", HS256_TOKEN.encode() + b"="])
def test_refuses_what_is_no_token(program, file, token):
    refuses(program, NO, "jws", "verify", "--key", file(HS256_KEY), stdin=token)


def test_refuses_an_algorithm_that_is_not_allowed(program, file):
    refuses(program, NO, "jws", "verify", "--key", file(HS256_KEY), "--alg", "HS512",
            stdin=HS256_TOKEN.encode())
    program.ok("jws", "verify", "--key", file(HS256_KEY), "--alg", "HS512", "--alg", "HS256",
               stdin=HS256_TOKEN.encode())


def test_refuses_alg_none(program, file):
    token = forge.unsigned({"alg": "none"}, {"sub": "mallory"}) + "."
    refuses(program, NO, "jws", "verify", "--key", file(ES256_KEY), stdin=token.encode())
    refuses(program, USAGE, "jws", "verify", "--key", file(ES256_KEY), "--alg", "none",
            stdin=token.encode())


def test_refuses_hs256_made_with_the_public_key(program, file):
    pem = forge.rsa_public_pem(RSA_KEY)
    token = forge.hs256({"alg": "HS256"}, {"sub": "mallory"}, pem)
    public = {name: RSA_KEY[name] for name in ("kty", "n", "e")}
    for key in (public, pem):
        refuses(program, NO, "jws", "verify", "--key", file(key), stdin=token.encode())


def test_refuses_an_extension_it_does_not_understand(program, file):
    key = forge.encode(b"0123456789abcdef0123456789abcdef")
    header = {"alg": "HS256", "crit": ["exp"], "exp": 1}
    token = forge.hs256(header, {"sub": "x"}, b"0123456789abcdef0123456789abcdef")
    refuses(program, NO, "jws", "verify", "--key", file({"kty": "oct", "k": key}),
            stdin=token.encode(), says="crit")


def test_verifying_needs_a_key(program, tmp_path):
    refuses(program, USAGE, "jws", "verify", stdin=ES256_TOKEN.encode(), says="--key")
    done = program.run("jws", "verify", "--key", str(tmp_path / "absent"),
                       stdin=ES256_TOKEN.encode())
    assert done.returncode in (USAGE, UNDECIDED) and b"absent" in done.stderr, done


def test_signing_needs_a_private_key(program, file):
    done = program.run("jws", "sign", "--key", file(ES256_KEY), stdin=b"x")
    assert done.returncode not in (YES, UNDECIDED) and done.stdout == b"" and done.stderr, done


# ---- jwt --------------------------------------------------------------------------------------

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
    "exp  ": ({**CLAIMS, "exp": str(NOW + 300)}, []),
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


# ---- serve, dev-issuer, bench: bad input ------------------------------------------------------


@pytest.mark.parametrize("options", [
    [],
    ["--issuer", "https://issuer.example", "--listen", "nonsense", "--audience", "a"],
    ["--issuer", "https://issuer.example", "--listen", "127.0.0.1:99999", "--audience", "a"],
    ["--dev", "--issuer", "https://issuer.example"],
    ["--issuer", "http://127.0.0.1:1", "--audience", "a"],
], ids=" ".join)
def test_serve_refuses_what_it_cannot_do(program, options):
    refuses(program, USAGE, "serve", *options)


def test_the_test_issuer_stays_on_loopback(program):
    refuses(program, USAGE, "dev-issuer", "--listen", "0.0.0.0:0")


def test_bench_refuses_numbers_that_make_no_sense(program):
    refuses(program, USAGE, "bench", "storm", "--requests", "many")
    refuses(program, USAGE, "bench", "storm", "--requests", "0")

# SPDX-License-Identifier: Apache-2.0
"""jwkeep jwt sign, decode and verify: claims from options, times in words, verdicts in JSON."""
import json

import pytest

from support.cli import NO, UNDECIDED, USAGE, YES, refuses
from support.forge import decode as decode_segment

NOW = 1700000000
ALWAYS = ["--now", str(NOW)]


@pytest.fixture
def claims_of(program, make_key):
    """claims_of(options…) signs with these options and gives the payload, as it came."""
    def make(*options, stdin=b""):
        token = program.ok("jwt", "sign", "--key", str(make_key("first").path), *ALWAYS,
                           *options, stdin=stdin)
        return json.loads(decode_segment(token.decode().split(".")[1]))

    return make


def test_claims_come_from_options(claims_of):
    assert claims_of("--iss", "me", "--sub", "alice", "--aud", "api", "--exp", "+300", "--nbf",
                     "-5", "--iat", "now", "--jti", "7", "--claim", "scope=read write",
                     "--claim-json", "n=[1, {\"a\": null}]") == {
        "iss": "me", "sub": "alice", "aud": "api", "exp": NOW + 300, "nbf": NOW - 5, "iat": NOW,
        "jti": "7", "scope": "read write", "n": [1, {"a": None}]}


def test_several_audiences_become_an_array(claims_of):
    assert claims_of("--aud", "a", "--aud", "b") == {"aud": ["a", "b"]}


def test_a_time_may_be_seconds_since_1970(claims_of):
    assert claims_of("--exp", "1900000000") == {"exp": 1900000000}


def test_a_random_jti_is_another_each_time(claims_of):
    first, second = (claims_of("--random-jti")["jti"] for _ in range(2))
    assert first != second and len(first) == 22


def test_a_header_parameter_may_be_added(program, make_key):
    key = str(make_key("first").path)
    token = program.ok("jwt", "sign", "--key", key, "--sub", "a", "--header", "x=y z").decode()
    header = json.loads(decode_segment(token.split(".")[0]))
    assert header["x"] == "y z" and header["typ"] == "JWT"
    refuses(program, USAGE, "jwt", "sign", "--key", key, "--header", "x=1", "--header", "x=2",
            says="x")
    refuses(program, NO, "jwt", "sign", "--key", key, "--header", "alg=none", says="header")


def test_options_join_the_claims_that_come_in(claims_of, tmp_path):
    assert claims_of("--sub", "alice", stdin=b'{"x": 1}\n') == {"x": 1, "sub": "alice"}
    path = tmp_path / "claims.json"
    path.write_bytes(b'{"x": 2}')
    assert claims_of("--sub", "alice", str(path), stdin=b"not read") == {"x": 2, "sub": "alice"}


@pytest.mark.parametrize("options", [
    ["--sub", "a", "--claim", "sub=b"],
    ["--claim", "x=1", "--claim-json", "x=1"],
    ["--claim", "in=1"],
    ["--claim", "nothing"], ["--claim", "=1"],
    ["--claim-json", "x={"], ["--claim-json", "x=01"],
    ["--exp", "tomorrow"], ["--exp", "+"], ["--nbf", "-99999999999"],
    ["--claim", "x=\udcff"], ["--jti", "1", "--random-jti"],
], ids=" ".join)
def test_refuses_claims_that_make_no_sense(program, make_key, options):
    refuses(program, USAGE, "jwt", "sign", "--key", str(make_key("first").path), *options,
            stdin=b'{"in": 1}')


def test_a_set_needs_the_kid_of_the_key_that_signs(program, make_key, tmp_path):
    keys = [make_key("first").private, make_key("second").private]
    path = tmp_path / "set.json"
    path.write_text(json.dumps({"keys": keys}))
    refuses(program, USAGE, "jws", "sign", "--key", str(path), says="--kid")
    refuses(program, USAGE, "jws", "sign", "--key", str(path), "--kid", "third", says="third")
    token = program.ok("jws", "sign", "--key", str(path), "--kid", "second").decode()
    assert json.loads(decode_segment(token.split(".")[0]))["kid"] == "second"
    token = program.ok("jws", "sign", "--key", str(path), "--kid", "second", "--no-kid").decode()
    assert "kid" not in json.loads(decode_segment(token.split(".")[0]))


def test_a_large_payload_comes_back(program, make_key):
    key = make_key("first")
    payload = bytes(range(256)) * 4096
    token = program.ok("jws", "sign", "--key", str(key.path), stdin=payload)
    assert program.ok("jws", "verify", "--key", str(key.path), stdin=token) == payload
    refuses(program, USAGE, "jws", "sign", "--key", str(key.path), stdin=payload + b"x",
            says="1048576")


# ---- decode -----------------------------------------------------------------------------------


def test_decode_says_times_in_words(program, make_key, sign):
    token = sign(make_key("first"), {"exp": NOW - 180, "nbf": NOW + 7200, "iat": NOW}).encode()
    done = program.run("jwt", "decode", *ALWAYS, stdin=token)
    lines = done.stdout.decode().splitlines()
    assert "exp 2023-11-14 22:10:20 UTC, expired 3 minutes ago" in lines
    assert "nbf 2023-11-15 00:13:20 UTC, becomes valid in 2 hours" in lines
    assert "iat 2023-11-14 22:13:20 UTC, issued now" in lines
    assert b"nothing of this token was verified" in done.stderr


def test_decode_gives_json(program, make_key, sign):
    token = sign(make_key("first"), {"sub": "alice"}).encode()
    out = json.loads(program.ok("jwt", "decode", "--json", stdin=token))
    assert out["header"]["alg"] == "ES256" and out["claims"] == {"sub": "alice"}


def test_decode_shows_nothing_that_a_terminal_obeys(program, make_key, sign):
    claims = {"sub": "a\x1b[31m\x7f\x9b", "b\x9b\n\"\\": 1}
    token = program.ok("jws", "sign", "--key", str(make_key("first").path),
                       stdin=json.dumps(claims, ensure_ascii=False).encode())
    text = program.ok("jwt", "decode", stdin=token).decode()
    assert not any(c in text for c in "\x1b\x7f\x9b"), text
    shown = text.split("claims\n", 1)[1]
    assert json.loads(shown) == claims


# ---- verdicts ---------------------------------------------------------------------------------


def test_every_failing_claim_has_a_line(program, make_key, sign):
    key = make_key("first")
    token = sign(key, {"iss": "me", "exp": NOW - 1}).encode()
    done = program.run("jwt", "verify", "--key", str(key.path), *ALWAYS, "--iss", "you", "--aud",
                       "api", "--require", "sub", stdin=token)
    assert done.returncode == NO and done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 4
    for line, code in zip(lines, ["issuer_mismatch", "claim_missing", "token_expired",
                                  "claim_missing"]):
        assert line.startswith("jwkeep: ") and f"[{code}]" in line and "RFC 7519" in line, line


def test_verdicts_as_json(program, issuer, make_key, sign):
    key = make_key("first")
    good = sign(key, {"iss": "me", "sub": "alice"}).encode()
    words = ["jwt", "verify", "--json", *ALWAYS]
    out = json.loads(program.ok(*words, "--key", str(key.path), stdin=good))
    assert out["valid"] is True and out["claims"] == {"iss": "me", "sub": "alice"}
    done = program.run(*words, "--key", str(key.path), "--iss", "you", stdin=good)
    out = json.loads(done.stdout)
    assert done.returncode == NO and out["valid"] is False and "claims" not in out
    assert [error["code"] for error in out["errors"]] == ["issuer_mismatch"]
    assert out["errors"][0]["where"] == "iss" and "RFC 7519" in out["errors"][0]["clause"]
    issuer.status = 500
    done = program.run(*words, "--jwks", issuer.jwks_url, "--allow-http-loopback", stdin=good)
    assert done.returncode == UNDECIDED and json.loads(done.stdout)["valid"] is None


def test_a_signature_as_json(program, make_key):
    key = make_key("first")
    token = program.ok("jws", "sign", "--key", str(key.path), stdin=b"\xff any")
    out = json.loads(program.ok("jws", "verify", "--json", "--key", str(key.path), stdin=token))
    assert out["valid"] is True and decode_segment(out["payload"]) == b"\xff any"
    done = program.run("jws", "verify", "--json", "--key", str(make_key("second").path),
                       stdin=token)
    out = json.loads(done.stdout)
    assert done.returncode == NO and out["valid"] is False and "payload" not in out


def test_a_bad_key_file_decides_nothing(program, make_key, sign, tmp_path):
    token = sign(make_key("first"), {}).encode()
    path = tmp_path / "key.json"
    path.write_bytes(b'{"kty":"quantum"}')
    for command in (["jwt", "verify"], ["jws", "verify"]):
        refuses(program, UNDECIDED, *command, "--key", str(path), stdin=token, says="key.json")


def test_refuses_what_is_far_too_large(program, make_key):
    key = str(make_key("first").path)
    for command in (["jwt", "verify", "--key", key], ["jws", "verify", "--key", key],
                    ["jwt", "decode"], ["jwk", "check"], ["jwks", "list"]):
        refuses(program, NO, *command, stdin=b"x" * 4_000_000, says="bytes")
    refuses(program, UNDECIDED, "jws", "sign", "--key", "-", key, stdin=b"x" * 4_000_000)


def test_a_key_in_json(program, make_key):
    out = json.loads(program.ok("jwk", "check", "--json", str(make_key("first").path)))
    assert out["usable"] is True and out["kid"] == "first" and out["private"] is True
    assert "d" not in out
    done = program.run("jwk", "check", "--json", stdin=b'{"kty":"quantum"}')
    out = json.loads(done.stdout)
    assert done.returncode == NO and out["usable"] is False
    assert out["error"]["code"] == "jwk_kty_unsupported"
    assert YES == program.run("jwk", "check", stdin=json.dumps(
        make_key("first").public).encode()).returncode

# SPDX-License-Identifier: Apache-2.0
"""jwkeep jws: bytes signed and verified."""
import pytest

from support import forge
from support.cli import NO, UNDECIDED, USAGE, YES, refuses
from support.vectors import ES256_KEY, ES256_TOKEN, HS256_KEY, HS256_TOKEN, PAYLOAD, RSA_KEY


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

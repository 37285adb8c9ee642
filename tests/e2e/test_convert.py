# SPDX-License-Identifier: Apache-2.0
"""jwkeep jwk convert and inspect, against what the openssl program writes and reads."""
import json
import subprocess

import pytest

from support.cli import NO, USAGE, YES, refuses
from support.vectors import HS256_KEY, RSA_THUMBPRINT, RSA_KEY

KINDS = {
    "RS256": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ES256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ES384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ES512": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ES256K": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
    "Ed25519": ["-algorithm", "ED25519"],
    "Ed448": ["-algorithm", "ED448"],
}


def openssl(*words, stdin=b""):
    done = subprocess.run(["openssl", *words], input=stdin, capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def thumbprint(program, key):
    return program.ok("jwk", "thumbprint", stdin=key)


@pytest.fixture
def passphrase(file):
    return file(b"correct horse\n")


@pytest.mark.parametrize("alg", KINDS)
def test_a_key_of_openssl_comes_in_and_goes_back(program, alg):
    pem = openssl("genpkey", *KINDS[alg])
    der = openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", stdin=pem)
    jwk = program.ok("jwk", "convert", "--to", "jwk", "--alg", alg, "--thumbprint-kid", stdin=pem)
    assert json.loads(jwk)["alg"] == alg
    assert json.loads(jwk)["kid"].encode() + b"\n" == thumbprint(program, der)
    assert program.ok("jwk", "convert", "--to", "der", stdin=jwk) == der
    assert program.ok("jwk", "convert", "--to", "pem", stdin=der) == pem
    public = program.ok("jwk", "convert", "--to", "pem", "--public", stdin=jwk)
    assert public == openssl("pkey", "-pubout", stdin=pem)


def test_older_forms_come_in(program):
    ec = openssl("ecparam", "-name", "prime256v1", "-genkey")
    rsa = openssl("genrsa", "-traditional", "2048")
    for pem, kind in ((ec, "ec"), (rsa, "rsa")):
        pkcs8 = openssl("pkcs8", "-topk8", "-nocrypt", stdin=pem)
        assert program.ok("jwk", "convert", "--to", "pem", stdin=pem) == pkcs8
        der = openssl(kind, "-outform", "DER", *(["-traditional"] if kind == "rsa" else []),
                      stdin=pem)
        assert thumbprint(program, der) == thumbprint(program, pem)


def test_encrypted_keys_go_both_ways(program, file, passphrase):
    pem = openssl("genpkey", *KINDS["ES256"])
    locked = openssl("pkcs8", "-topk8", "-passout", f"file:{passphrase}", stdin=pem)
    opened = program.ok("jwk", "convert", "--to", "pem", "--passphrase-file", passphrase,
                        stdin=locked)
    assert opened == pem
    ours = program.ok("jwk", "convert", "--to", "pem", "--out-passphrase-file", passphrase,
                      stdin=pem)
    assert b"ENCRYPTED" in ours
    assert openssl("pkey", "-passin", f"file:{passphrase}", stdin=ours) == pem
    refuses(program, NO, "jwk", "convert", "--to", "pem", stdin=locked, says="passphrase_needed")
    refuses(program, NO, "jwk", "convert", "--to", "pem", "--passphrase-file", file(b"wrong"),
            stdin=locked, says="passphrase_wrong")
    refuses(program, USAGE, "jwk", "convert", "--to", "pem", "--passphrase-file", file(b"\n"),
            stdin=locked, says="passphrase")


def test_convert_says_what_does_not_go_together(program, passphrase):
    key = json.dumps(RSA_KEY).encode()
    refuses(program, USAGE, "jwk", "convert", stdin=key, says="--to")
    refuses(program, USAGE, "jwk", "convert", "--to", "text", stdin=key, says="--to")
    refuses(program, USAGE, "jwk", "convert", "--to", "pem", "--kid", "a", stdin=key, says="--kid")
    refuses(program, USAGE, "jwk", "convert", "--to", "jwk", "--out-passphrase-file", passphrase,
            stdin=key, says="--out-passphrase-file")
    refuses(program, USAGE, "jwk", "convert", "--to", "pem", "--out-passphrase-file", passphrase,
            stdin=key, says="public key")
    refuses(program, NO, "jwk", "convert", "--to", "jwk", "--alg", "ES256", stdin=key,
            says="jwk_alg_mismatch")
    refuses(program, NO, "jwk", "convert", "--to", "pem", stdin=json.dumps(HS256_KEY).encode(),
            says="jwk_not_public")


@pytest.fixture
def certified(tmp_path):
    """A root, another root, and a key with a certificate of the first."""
    for name in ("root", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", str(tmp_path / f"{name}.key"), "-out", str(tmp_path / f"{name}.pem"),
                "-subj", f"/CN={name}", "-days", "30")
    request = openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-keyout", str(tmp_path / "leaf.key"), "-subj", "/CN=leaf")
    leaf = openssl("x509", "-req", "-CA", str(tmp_path / "root.pem"), "-CAkey",
                   str(tmp_path / "root.key"), "-days", "10", stdin=request)
    (tmp_path / "leaf.pem").write_bytes(leaf)
    return tmp_path


def test_a_key_takes_its_certificate_along(program, certified):
    jwk = program.ok("jwk", "convert", str(certified / "leaf.key"), "--to", "jwk", "--public",
                     "--certificate", str(certified / "leaf.pem"))
    program.ok("jwk", "check", stdin=jwk)
    trusted = program.ok("jwk", "inspect", "--trust", str(certified / "root.pem"), stdin=jwk)
    assert b"CN=leaf" in trusted and b"CN=root" in trusted and b" days)" in trusted
    told = json.loads(program.ok("jwk", "inspect", "--json", stdin=jwk))
    assert told["certificates"][0]["subject"] == "CN=leaf"
    changed = json.loads(jwk)
    changed["x5t#S256"] = RSA_THUMBPRINT.decode()
    refuses(program, NO, "jwk", "check", stdin=json.dumps(changed).encode(),
            says="certificate_hash_mismatch")
    refuses(program, NO, "jwk", "convert", str(certified / "other.key"), "--to", "jwk",
            "--certificate", str(certified / "leaf.pem"), says="certificate_key_mismatch")


def test_trust_is_the_callers_alone(program, certified):
    leaf = str(certified / "leaf.pem")
    words = ("jwk", "inspect", leaf, "--trust")
    assert program.run(*words, str(certified / "root.pem")).returncode == YES
    for now, why in (("+2592000", b"certificate_expired"), ("0", b"certificate_not_yet_valid")):
        done = program.run(*words, str(certified / "root.pem"), "--now", now)
        assert done.returncode == NO and why in done.stderr, done
    done = program.run(*words, str(certified / "other.pem"))
    assert done.returncode == NO and b"certificate_untrusted" in done.stderr, done
    both = (certified / "leaf.pem").read_bytes() + (certified / "root.pem").read_bytes()
    done = program.run("jwk", "inspect", "--trust", str(certified / "other.pem"), stdin=both)
    assert done.returncode == NO, done
    refuses(program, USAGE, *words, str(certified / "root.key"), says="certificate_invalid")


def test_inspect_warns_and_shows_no_secret(program, tmp_path):
    secret = json.dumps(HS256_KEY).encode()
    out = program.ok("jwk", "inspect", stdin=secret)
    assert b"symmetric" in out and b"secret" in out and HS256_KEY["k"].encode() not in out
    told = json.loads(program.ok("jwk", "inspect", "--json", stdin=secret))
    assert told["private"] and told["warnings"]
    out = program.ok("jwk", "inspect", stdin=json.dumps({**RSA_KEY, "note": 1}).encode())
    assert b"urn:ietf:params:oauth:jwk-thumbprint:sha-256:" + RSA_THUMBPRINT in out
    assert b"note" in out


def test_thumbprints_under_other_hashes(program):
    key = json.dumps(RSA_KEY).encode()
    short = program.ok("jwk", "thumbprint", "--hash", "sha-512", stdin=key).strip()
    assert len(short) == 86
    uri = program.ok("jwk", "thumbprint", "--hash", "sha-512", "--uri", stdin=key).strip()
    assert uri == b"urn:ietf:params:oauth:jwk-thumbprint:sha-512:" + short
    refuses(program, USAGE, "jwk", "thumbprint", "--hash", "md5", stdin=key, says="md5")
    refuses(program, NO, "jwk", "thumbprint", "--uri", stdin=json.dumps(HS256_KEY).encode())


def test_generate_gives_key_ops_and_names_what_is_left_out(program):
    key = json.loads(program.ok("jwk", "generate", "--alg", "ES256", "--use", "sig",
                                "--key-op", "sign", "--key-op", "verify"))
    assert key["key_ops"] == ["sign", "verify"] and key["use"] == "sig"
    refuses(program, USAGE, "jwk", "generate", "--alg", "ES256", "--key-op", "fly", says="fly")
    refuses(program, USAGE, "jwk", "generate", "--alg", "ES256", "--use", "enc")
    refuses(program, USAGE, "jwk", "generate", "--alg", "ML-DSA-65", says="not in this build")
    refuses(program, NO, "jwk", "check", stdin=b'{"kty":"AKP","alg":"ML-DSA-65","pub":"AA"}',
            says="jwk_kty_not_in_build")

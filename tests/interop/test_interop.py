# SPDX-License-Identifier: Apache-2.0
"""Round trips with two independent implementations, python3-jwcrypto and npm jose: every
algorithm, both directions, keys made on either side."""
import json
import pathlib
import subprocess

import pytest

from support import forge

pytestmark = pytest.mark.foreign

HERE = pathlib.Path(__file__).resolve().parent
PAYLOAD = b"\x00 any bytes \xff"

# Algorithm and, where it leaves a choice, the curve.
ALGORITHMS = [(alg, None) for alg in (
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
    "ES384", "ES512", "ES256K")] + [("EdDSA", "Ed25519"), ("EdDSA", "Ed448")]


class Refused(Exception):
    """The other implementation said no."""


class Jwcrypto:
    """python3-jwcrypto, in this process."""

    KINDS = {"RS": {"kty": "RSA", "size": 2048}, "PS": {"kty": "RSA", "size": 2048},
             "ES256": {"kty": "EC", "crv": "P-256"}, "ES384": {"kty": "EC", "crv": "P-384"},
             "ES512": {"kty": "EC", "crv": "P-521"}, "ES256K": {"kty": "EC", "crv": "secp256k1"}}

    def __init__(self):
        from jwcrypto import jwk, jws  # pylint: disable=import-outside-toplevel
        self.jwk, self.jws = jwk, jws

    def generate(self, alg, crv):
        if crv:
            kind = {"kty": "OKP", "crv": crv}
        elif alg.startswith("HS"):
            kind = {"kty": "oct", "size": int(alg[2:])}
        else:
            kind = self.KINDS.get(alg) or self.KINDS[alg[:2]]
        return {**json.loads(self.jwk.JWK.generate(**kind).export()), "alg": alg}

    def sign(self, key, alg, payload, **header):
        token = self.jws.JWS(payload)
        token.add_signature(self.jwk.JWK(**key), alg, json.dumps({"alg": alg, **header}))
        return token.serialize(compact=True)

    def verify(self, key, alg, token):
        parsed = self.jws.JWS()
        parsed.allowed_algs = [alg]
        try:
            parsed.deserialize(token, self.jwk.JWK(**key))
        except self.jws.InvalidJWSSignature as error:
            raise Refused from error
        return parsed.payload

    def thumbprint(self, key):
        return self.jwk.JWK(**key).thumbprint()


class Jose:
    """npm jose, in a process of its own."""

    def __init__(self):
        self.process = subprocess.Popen(["node", str(HERE / "jose.mjs")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def generate(self, alg, crv):
        return self.ask(op="generate", alg=alg, crv=crv)

    def sign(self, key, alg, payload, **header):
        return self.ask(op="sign", key=key, alg=alg, payload=forge.encode(payload), header=header)

    def verify(self, key, alg, token):
        return forge.decode(self.ask(op="verify", key=key, alg=alg, token=token))

    def thumbprint(self, key):
        return self.ask(op="thumbprint", key=key)


@pytest.fixture(scope="module", params=["jwcrypto", "jose"])
def other(request):
    if request.param == "jwcrypto":
        yield Jwcrypto()
        return
    process = Jose()
    yield process
    process.close()


def without(key, *names):
    return {name: value for name, value in key.items() if name not in names}


def ours(program, alg, crv):
    """A key that the program made."""
    curve = ["--crv", crv] if crv else []
    return json.loads(program.ok("jwk", "generate", "--alg", alg, *curve))


def public(program, key):
    if key["kty"] == "oct":
        return key
    return json.loads(program.ok("jwk", "public", stdin=json.dumps(key).encode()))


def check_both_ways(program, other, key, alg, path):
    token = program.ok("jws", "sign", "--key", path, "--alg", alg, stdin=PAYLOAD).decode().strip()
    assert other.verify(public(program, key), alg, token) == PAYLOAD
    with pytest.raises(Refused):
        other.verify(public(program, key), alg, forge.with_bit_flipped(token, 3))

    token = other.sign(key, alg, PAYLOAD)
    done = program.run("jws", "verify", "--key", path, "--alg", alg, stdin=token.encode())
    assert (done.returncode, done.stdout) == (0, PAYLOAD), done
    bad = forge.with_bit_flipped(token, 3)
    done = program.run("jws", "verify", "--key", path, "--alg", alg, stdin=bad.encode())
    assert (done.returncode, done.stdout) == (1, b""), done


@pytest.mark.parametrize("alg, crv", ALGORITHMS)
def test_tokens_go_both_ways_under_our_key(program, other, file, alg, crv):
    key = ours(program, alg, crv)
    check_both_ways(program, other, key, alg, file(key))


@pytest.mark.parametrize("alg, crv", ALGORITHMS)
def test_tokens_go_both_ways_under_their_key(program, other, file, alg, crv):
    key = other.generate(alg, crv)
    program.ok("jwk", "check", stdin=json.dumps(key).encode())
    check_both_ways(program, other, key, alg, file(key))


@pytest.mark.parametrize("name, crv", [("Ed25519", "Ed25519"), ("Ed448", "Ed448")])
def test_the_names_of_rfc_9864_mean_the_same_signature(program, other, file, name, crv):
    key = without(ours(program, name, None), "alg")
    assert key["crv"] == crv
    token = program.ok("jws", "sign", "--key", file(key), "--alg", "EdDSA", stdin=PAYLOAD)
    assert other.verify(key, "EdDSA", token.decode().strip()) == PAYLOAD
    token = program.ok("jws", "sign", "--key", file(key), "--alg", name, stdin=PAYLOAD)
    assert program.ok("jws", "verify", "--key", file(key), "--alg", name, stdin=token) == PAYLOAD


@pytest.mark.parametrize("alg, crv", ALGORITHMS)
def test_thumbprints_are_equal(program, other, alg, crv):
    for key in (ours(program, alg, crv), other.generate(alg, crv)):
        mine = program.ok("jwk", "thumbprint", stdin=json.dumps(key).encode()).decode().strip()
        assert mine == other.thumbprint(key)


@pytest.mark.parametrize("alg, crv", ALGORITHMS)
def test_claims_go_both_ways(program, other, file, alg, crv):
    key = ours(program, alg, crv)
    claims = {"iss": "https://issuer.example", "sub": "ålice \U0001f511", "aud": ["a", "b"],
              "iat": 1700000000, "exp": 1700000300, "nested": {"list": [1, 2.5, None, True]}}
    text = json.dumps(claims).encode()
    token = program.ok("jwt", "sign", "--key", file(key), stdin=text).decode().strip()
    assert json.loads(other.verify(public(program, key), alg, token)) == claims
    token = other.sign(key, alg, text).encode()
    out = program.ok("jwt", "verify", "--key", file(key), "--aud", "b", "--now", "1700000100",
                     stdin=token)
    assert json.loads(out) == claims


PEM_ALGORITHMS = [row for row in ALGORITHMS if not row[0].startswith("HS")]


@pytest.mark.parametrize("password", [None, b"correct horse"])
@pytest.mark.parametrize("alg, crv", PEM_ALGORITHMS)
def test_keys_go_both_ways_in_pem(program, file, alg, crv, password):
    from jwcrypto import jwk  # pylint: disable=import-outside-toplevel
    secret = file(password) if password else None
    theirs = jwk.JWK(**Jwcrypto().generate(alg, crv))
    words = ["--passphrase-file", secret] if password else []
    read = program.ok("jwk", "convert", "--to", "jwk", *words,
                      stdin=theirs.export_to_pem(private_key=True, password=password))
    assert without(json.loads(read), "alg") == without(theirs.export(as_dict=True), "alg")

    key = json.dumps(ours(program, alg, crv)).encode()
    words = ["--out-passphrase-file", secret] if password else []
    pem = program.ok("jwk", "convert", "--to", "pem", *words, stdin=key)
    again = jwk.JWK.from_pem(pem, password)
    assert again.thumbprint() == program.ok("jwk", "thumbprint", stdin=key).decode().strip()
    assert again.has_private

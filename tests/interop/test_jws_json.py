# SPDX-License-Identifier: Apache-2.0
"""Round trips of what goes beyond a compact token, with python3-jwcrypto and npm jose: flattened
and general serialization, several signatures, unprotected headers, detached and unencoded
payloads."""
import json

import pytest

from interop.test_interop import Jose, Jwcrypto, Refused, public
from support import forge

pytestmark = pytest.mark.foreign

PAYLOAD = b'{"any": "text \xc3\xa5"}'
ALGS = ("ES256", "PS256", "HS256", "EdDSA")


class JwcryptoJson(Jwcrypto):
    """What jwcrypto makes and takes as objects; a detached payload goes beside."""

    def sign_json(self, keys, payload, b64=True, is_detached=False):
        token = self.jws.JWS(payload if b64 else payload.decode())
        for number, key in enumerate(keys):
            header = {"alg": key["alg"]}
            if not b64:
                header |= {"b64": False, "crit": ["b64"]}
            token.add_signature(self.jwk.JWK(**key), None, json.dumps(header),
                                json.dumps({"kid": key["kid"], "number": number}))
        if is_detached:
            token.detach_payload()
        return json.loads(token.serialize(compact=False))

    def verify_json(self, key, token, payload=None):
        parsed = self.jws.JWS()
        parsed.allowed_algs = [key["alg"]]
        try:
            parsed.deserialize(json.dumps(token))
            if payload is not None:
                parsed.objects["payload"] = payload
            parsed.verify(self.jwk.JWK(**key))
        except (self.jws.InvalidJWSSignature, self.jws.InvalidJWSObject) as error:
            raise Refused from error
        taken = parsed.payload  # text, where it was not encoded
        return taken.encode() if isinstance(taken, str) else taken


class JoseJson(Jose):
    def sign_json(self, keys, payload, b64=True, is_detached=False):
        token = self.ask(op="signJson", keys=keys, payload=forge.encode(payload), b64=b64)
        if not b64:  # jose never puts an unencoded payload into the token
            token["payload"] = payload.decode()
        if is_detached:
            del token["payload"]
        return token

    def verify_json(self, key, token, payload=None):
        if payload is not None:  # RFC 7515 Appendix F: put back in the form it was signed in
            heads = [token, *token.get("signatures", [])]
            protected = next(each["protected"] for each in heads if "protected" in each)
            is_raw = json.loads(forge.decode(protected)).get("b64") is False
            token = {**token, "payload": payload.decode() if is_raw else forge.encode(payload)}
        return forge.decode(self.ask(op="verifyJson", key=key, alg=key["alg"], token=token))


@pytest.fixture(scope="module", params=["jwcrypto", "jose"])
def other(request):
    if request.param == "jwcrypto":
        yield JwcryptoJson()
        return
    process = JoseJson()
    yield process
    process.close()


@pytest.fixture(scope="module")
def keys(program):
    """A key for each algorithm."""
    return [json.loads(program.ok("jwk", "generate", "--alg", alg, "--kid", f"key of {alg}"))
            for alg in ALGS]


def words_for(keys, file):
    return [word for key in keys for word in ("--key", file(key))]


def damaged(token):
    """The same with a bit of each signature turned over."""
    changed = json.loads(json.dumps(token))
    for each in changed.get("signatures", [changed]):
        data = bytearray(forge.decode(each["signature"]))
        data[5] ^= 1
        each["signature"] = forge.encode(bytes(data))
    return changed


def check_ours(program, other, file, keys, *words):
    token = json.loads(program.ok("jws", "sign", *words_for(keys, file), *words, stdin=PAYLOAD))
    for key in keys:
        assert other.verify_json(public(program, key), token) == PAYLOAD
        with pytest.raises(Refused):
            other.verify_json(public(program, key), damaged(token))


def check_theirs(program, file, keys, token, *words, expected=PAYLOAD):
    verify = ["jws", "verify", *words_for([public(program, key) for key in keys], file), *words]
    assert program.ok(*verify, stdin=json.dumps(token).encode()) == expected
    done = program.run(*verify, stdin=json.dumps(damaged(token)).encode())
    assert (done.returncode, done.stdout) == (1, b""), done


@pytest.mark.parametrize("index", range(len(ALGS)))
@pytest.mark.parametrize("form", ["--flattened", "--general"])
@pytest.mark.parametrize("b64", [[], ["--b64=false"]])
def test_our_tokens_of_one_signature_hold_there(program, other, file, keys, index, form, b64):
    check_ours(program, other, file, [keys[index]], form, *b64)


def test_our_tokens_of_several_signatures_hold_there(program, other, file, keys):
    check_ours(program, other, file, keys)


@pytest.mark.parametrize("count", [1, 2, len(ALGS)])
@pytest.mark.parametrize("b64", [True, False])
def test_their_tokens_hold_here(program, other, file, keys, count, b64):
    token = other.sign_json(keys[:count], PAYLOAD, b64)
    assert "number" in json.dumps(token)
    check_theirs(program, file, keys[:count], token)


@pytest.mark.parametrize("b64", [True, False])
def test_detached_payloads_go_both_ways(program, other, file, keys, tmp_path, b64):
    payload = tmp_path / "payload"
    payload.write_bytes(PAYLOAD)
    for key in keys:
        token = other.sign_json([key], PAYLOAD, b64, is_detached=True)
        assert not token.get("payload")
        token.pop("payload", None)
        check_theirs(program, file, [key], token, "--detached", str(payload), expected=b"")
        token = json.loads(program.ok("jws", "sign", "--key", file(key), "--flattened",
                                      "--detached", str(payload), *([] if b64 else ["--b64=false"])))
        assert "payload" not in token
        assert other.verify_json(public(program, key), token, PAYLOAD) == PAYLOAD
        with pytest.raises(Refused):
            other.verify_json(public(program, key), token, b"another")

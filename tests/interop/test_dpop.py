# SPDX-License-Identifier: Apache-2.0
"""Proofs of possession (RFC 9449) made by two independent implementations, for tokens bound to
thumbprints that they computed."""
import hashlib
import json

import pytest

from interop.test_interop import other, public, without  # pylint: disable=unused-import
from support import forge

pytestmark = pytest.mark.foreign

NOW = 1700000000
URL = "https://api.example/resource"


@pytest.fixture
def bound(program, other, tmp_path):
    """bound(alg, crv): a client's key, a token bound to it, and how the program judges a proof."""
    def make(alg, crv):
        client = other.generate(alg, crv)
        issuer = tmp_path / "issuer.json"
        issuer.write_bytes(program.ok("jwk", "generate", "--alg", "ES256"))
        claims = {"sub": "alice", "cnf": {"jkt": other.thumbprint(public(program, client))}}
        token = program.ok("jwt", "sign", "--key", str(issuer),
                           stdin=json.dumps(claims).encode()).decode().strip()

        def judge(proof, *options):
            path = tmp_path / "proof"
            path.write_text(proof)
            return program.run("jwt", "verify", "--key", str(issuer), "--now", str(NOW), "--dpop",
                               str(path), "--dpop-url", URL, *options, stdin=token.encode())

        return client, token, judge

    return make


def prove(program, other, client, token, **changes):
    ath = forge.encode(hashlib.sha256(token.encode()).digest())
    claims = {"jti": "1", "htm": "GET", "htu": URL, "iat": NOW, "ath": ath, **changes}
    shown = without(public(program, client), "kid", "alg", "use", "key_ops")
    return other.sign(client, client["alg"], json.dumps(claims).encode(), typ="dpop+jwt", jwk=shown)


@pytest.mark.parametrize("alg, crv", [("ES256", None), ("ES384", None), ("PS256", None),
                                      ("RS256", None), ("EdDSA", "Ed25519")])
def test_takes_proofs_of_others(program, other, bound, alg, crv):
    client, token, judge = bound(alg, crv)
    good = prove(program, other, client, token)
    assert judge(good).returncode == 0, judge(good)
    assert judge(good, "--dpop-method", "POST").returncode == 1
    assert judge(forge.with_bit_flipped(good, 3)).returncode == 1
    assert judge(prove(program, other, client, token, htu=URL + "/")).returncode == 1
    stranger = other.generate(alg, crv)
    done = judge(prove(program, other, stranger, token))
    assert done.returncode == 1 and b"confirmation_mismatch" in done.stderr, done

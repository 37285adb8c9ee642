# SPDX-License-Identifier: Apache-2.0
"""A JWE (RFC 7516) is refused by name wherever a token is taken: nothing here decrypts."""
import json

import pytest
from jwcrypto import jwe, jwk

from support.cli import NO, refuses
from support.vectors import HS256_KEY

SECRET = jwk.JWK.generate(kty="oct", size=256)


def make(serialization, payload=b'{"sub":"mallory"}'):
    made = jwe.JWE(payload, protected=json.dumps({"alg": "dir", "enc": "A256GCM"}))
    made.add_recipient(SECRET)
    return made.serialize(compact=serialization == "compact").encode()


@pytest.mark.parametrize("serialization", ["compact", "json"])
@pytest.mark.parametrize("command", [("jws", "verify"), ("jws", "inspect"), ("jwt", "verify"),
                                     ("jwt", "decode")])
def test_every_command_refuses_it(program, file, command, serialization):
    keys = [HS256_KEY, json.loads(SECRET.export())]
    options = ("--key", file({"keys": keys})) if command[1] == "verify" else ()
    refuses(program, NO, *command, *options, stdin=make(serialization))


@pytest.mark.parametrize("serialization", ["compact", "json"])
def test_the_service_refuses_it(service, serialization):
    text = make(serialization).decode()
    answer = service.verify(text)
    assert answer.status == 401, answer
    assert "sub" not in str(answer.headers).lower().replace("x-auth-subject", "")

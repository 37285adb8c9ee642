# SPDX-License-Identifier: Apache-2.0
"""A JWE (RFC 7516) is refused by name wherever a token is taken: nothing here decrypts."""
import json

import pytest

from support.cli import NO, refuses
from support.vectors import HS256_KEY

# RFC 7516, Appendix A.3.7, and A.5 (flattened), with the key of A.3.3.
KEY = {"kty": "oct", "k": "GawgguFyGrWKav7AX4VKUg"}
ENCRYPTED_KEY = "6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ"
IV = "AxY8DCtDaGlsbGljb3RoZQ"
CIPHERTEXT = "KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY"
JWE = {
    "compact": ".".join(["eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0", ENCRYPTED_KEY, IV,
                         CIPHERTEXT, "U0m_YmjN04DJvceFICbCVQ"]),
    "json": json.dumps({"protected": "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2In0",
                        "unprotected": {"jku": "https://server.example.com/keys.jwks"},
                        "header": {"alg": "A128KW", "kid": "7"}, "encrypted_key": ENCRYPTED_KEY,
                        "iv": IV, "ciphertext": CIPHERTEXT, "tag": "Mz-VPPyU4RlcuYv1IwIvzw"}),
}


@pytest.mark.parametrize("serialization", ["compact", "json"])
@pytest.mark.parametrize("command", [("jws", "verify"), ("jws", "inspect"), ("jwt", "verify"),
                                     ("jwt", "decode")])
def test_every_command_refuses_it(program, file, command, serialization):
    keys = [HS256_KEY, KEY]
    options = ("--key", file({"keys": keys})) if command[1] == "verify" else ()
    refuses(program, NO, *command, *options, stdin=JWE[serialization].encode())


@pytest.mark.parametrize("serialization", ["compact", "json"])
def test_the_service_refuses_it(service, serialization):
    answer = service.verify(JWE[serialization])
    assert answer.status == 401, answer
    assert "sub" not in str(answer.headers).lower().replace("x-auth-subject", "")

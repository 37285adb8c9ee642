#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Owns PyJWT among the peers: ALG FOLDER, and the conversation of peer.c."""
import json
import pathlib
import sys
import time

import jwt

ISSUER = "https://issuer.example/tenant/0b9b1b5e"
AUDIENCE = "https://api.example"


def main():
    alg, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    tokens = (folder / "tokens.txt").read_text().split()
    jwks = json.loads((folder / "jwks.json").read_text())
    keys = {key["kid"]: jwt.PyJWK(key, algorithm=alg).key for key in jwks["keys"]}

    def verify(token):
        kid = jwt.get_unverified_header(token)["kid"]
        jwt.decode(token, keys[kid], algorithms=[alg], audience=AUDIENCE, issuer=ISSUER)

    def is_refused(token):
        try:
            verify(token)
        except jwt.InvalidTokenError:
            return True
        return False

    verify(tokens[0])
    at = tokens[0].rindex(".") + 1
    if not is_refused(tokens[0][:at] + ("B" if tokens[0][at] == "A" else "A") + tokens[0][at + 1:]):
        sys.exit(3)
    print("ready", flush=True)
    number = 0
    for line in sys.stdin:
        slice_ns = int(line.split()[1]) * 1_000_000
        count, start = 0, time.process_time_ns()
        while True:
            for _ in range(8):
                verify(tokens[number % len(tokens)])
                number += 1
                count += 1
            used = time.process_time_ns() - start
            if used >= slice_ns:
                break
        print(count, used, flush=True)


try:
    main()
except Exception as error:  # a peer that lacks the algorithm says so and is left out
    print(f"pyjwt: {error}", file=sys.stderr)
    sys.exit(3)

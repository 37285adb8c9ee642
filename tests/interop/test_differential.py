# SPDX-License-Identifier: Apache-2.0
"""Thousands of tokens, good and damaged, judged by this library, by npm jose and by
python3-jwcrypto. Where two verdicts differ, tests/interop/disagreements.py must say why; the seed
and the token of an unexplained one are printed. JWKEEP_SEED and JWKEEP_TOKENS set both."""
import json
import os
import pathlib
import random
import subprocess
import time

import pytest

pytest.importorskip("cryptography", reason="runs under ./test --all")

from interop import disagreements  # noqa: E402
from support import damage  # noqa: E402
from support.library import Library  # noqa: E402

pytestmark = pytest.mark.foreign

HERE = pathlib.Path(__file__).resolve().parent
TOKENS = int(os.environ.get("JWKEEP_TOKENS", "20000"))
RULES = {"algorithms": list(damage.ALGS), "issuer": damage.ISSUER, "audience": damage.AUDIENCE,
         "requiredClaims": ["exp"], "now": damage.NOW}


class Ours:
    def __init__(self, jwks):
        self.library = Library(json.dumps(jwks).encode())
        self.library.demand(RULES["algorithms"], RULES["issuer"], RULES["audience"], ["exp"])

    def judge(self, tokens):
        for token in tokens:
            code, rest = self.library.verify(token.encode("latin-1"), damage.NOW)
            yield (code, json.loads(rest)) if code == "ok" else (code, rest)


class Jose:
    def __init__(self, jwks):
        self.process = subprocess.Popen(["node", str(HERE / "differential.mjs")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.say({"jwks": jwks, "rules": RULES})

    def say(self, value):
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def judge(self, tokens):
        for token in tokens:
            self.say(token)
            yield tuple(json.loads(self.process.stdout.readline()))
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Jwcrypto:
    def __init__(self, jwks):
        from jwcrypto import jwk, jwt  # pylint: disable=import-outside-toplevel
        self.jwt = jwt
        self.keys = jwk.JWKSet.from_json(json.dumps(jwks))

    def judge_one(self, token):
        try:
            parsed = self.jwt.JWT(algs=RULES["algorithms"], check_claims={
                "iss": RULES["issuer"], "aud": RULES["audience"], "exp": None})
            parsed.leeway = 0
            parsed.deserialize(token, self.keys)
            return "ok", json.loads(parsed.claims)
        except Exception as error:  # pylint: disable=broad-except
            return type(error).__name__, str(error)

    def judge(self, tokens):
        for token in tokens:
            yield self.judge_one(token)


def unexplained(name, tokens, ours, theirs, used):
    """Lines about the tokens whose verdicts differ for no reason on the list."""
    for (token, done), mine, other in zip(tokens, ours, theirs):
        if mine[0] == "ok" == other[0] and mine[1] == other[1]:
            continue
        if "ok" not in (mine[0], other[0]):
            continue
        reason = disagreements.find(name, token, mine, other)
        if reason:
            used.add((name, reason))
        else:
            yield (f"{name}: {done}: we say {mine}, they say {other}\n  {damage.parts(token)}\n"
                   f"  {json.dumps(token)}")


@pytest.fixture(scope="module")
def seed():
    return int(os.environ.get("JWKEEP_SEED") or random.SystemRandom().randrange(2**32))


def test_verdicts_differ_only_where_the_list_says_why(seed, monkeypatch, record_property):
    monkeypatch.setattr(time, "time", lambda: float(damage.NOW))
    source = damage.Damage(seed)
    tokens = [source.draw() for _ in range(TOKENS)]
    texts = [token for token, _ in tokens]
    ours = list(Ours(source.jwks).judge(texts))
    accepted = sum(code == "ok" for code, _ in ours)
    assert TOKENS // 20 < accepted < TOKENS // 2
    used, faults = set(), []
    for name, other in (("jose", Jose(source.jwks)), ("jwcrypto", Jwcrypto(source.jwks))):
        faults += unexplained(name, tokens, ours, list(other.judge(texts)), used)
    record_property("explained", sorted(f"{name}: {reason}" for name, reason in used))
    shown = "\n".join(faults[:20])
    assert not faults, f"seed {seed}: {len(faults)} of {TOKENS} unexplained\n{shown}"

# SPDX-License-Identifier: Apache-2.0
"""Thousands of JSON serializations, good and damaged, judged by this library, by npm jose and by
python3-jwcrypto: whoever accepts, we accept, or the list below says why we do not; and never do we
accept what both of them refuse. JWKEEP_SEED and JWKEEP_TEXTS set the seed and the number."""
import base64
import json
import os
import pathlib
import random
import subprocess

import pytest

pytest.importorskip("cryptography", reason="runs under ./test --all")

from interop import disagreements  # noqa: E402
from support.damage import ALGS  # noqa: E402
from support.damage_json import JsonDamage, shown  # noqa: E402
from support.library_json import JsonLibrary  # noqa: E402

pytestmark = pytest.mark.foreign

HERE = pathlib.Path(__file__).resolve().parent
TEXTS = int(os.environ.get("JWKEEP_TEXTS", "6000"))


def of_signature(one):
    """Why we refuse a signature that a lenient reader takes; looked at without the library."""
    texts = [one.get("protected", ""), one.get("signature", "")]
    if not all(disagreements.is_canonical(each) for each in texts):
        yield "base64url_invalid", "strict base64url (RFC 7515 §2; RFC 4648 §3.3, §3.5)"
    if not disagreements.is_canonical(texts[0]):
        return
    raw = disagreements.decoded(one.get("protected", ""))
    try:
        header = json.loads(raw.decode("utf-8", "replace") or "{}")
    except ValueError:
        return  # nobody takes it
    other = one.get("header", {})
    if raw and disagreements.has_double(raw):
        yield "json_duplicate", "a header parameter stands twice (RFC 7515 §4)"
    if raw and disagreements.is_bad_text(raw):
        yield "json_utf8", "the header is not UTF-8, or has a lone surrogate (RFC 8259 §8.1)"
    if raw and disagreements.depth(raw) > 16:
        yield "json_too_deep", "our limit on depth (RFC 8259 §9 allows one)"
    if raw and disagreements.has_constant(raw):
        yield "json_syntax", "NaN and Infinity are no JSON (RFC 8259 §6)"
    if any(name in header and not isinstance(header[name], str) for name in ("typ", "cty", "kid")):
        yield "header_invalid", "`typ`, `cty` and `kid` are strings (RFC 7515 §4.1)"
    if header.get("b64", True) is not True:
        yield "header_invalid", "`b64` that is not true, without `crit` (RFC 7797 §6)"
    if any(name in other for name in ("alg", "crit", "b64")):
        yield "header_unprotected", "`alg`, `crit` and `b64` count only where protected"
    if set(header) & set(other):
        yield "header_repeated", "a name in both headers (RFC 7515 §7.2.1: must be disjoint)"
    if "kid" not in header and "kid" not in other:
        yield "kid_missing", "we were told to demand a `kid`; it tries every key"
    kid = header.get("kid", other.get("kid"))
    if isinstance(kid, str) and kid != f"key-{header.get('alg')}":
        for code in ("kid_unknown", "kid_too_long", "key_alg_mismatch"):
            yield code, "`kid` names another key, or none; it was given them one by one"
    if not isinstance(other.get("kid", ""), str):
        yield "header_invalid", "`kid` is a string (RFC 7515 §4.1.4)"
    if header.get("crit", ["?"]) != ["?"]:
        yield "crit_invalid", "`crit` is no array of names of others (RFC 7515 §4.1.11)"


def is_malformed(one):
    return (not isinstance(one, dict) or not isinstance(one.get("signature"), str) or
            not isinstance(one.get("protected", ""), str) or
            not isinstance(one.get("header", {}), dict))


def of_whole(value, raw):
    if disagreements.is_bad_text(raw):
        yield "json_utf8", "not UTF-8, or a lone surrogate (RFC 8259 §8.1, §8.2)"
    if disagreements.has_double(raw):
        yield "json_duplicate", "a member stands twice (RFC 8259 §4)"
    if disagreements.has_constant(raw):
        yield "json_syntax", "NaN and Infinity are no JSON (RFC 8259 §6)"
    if disagreements.depth(raw) > 16:
        yield "json_too_deep", "our limit on depth (RFC 8259 §9 allows one)"
    if "ciphertext" in value:
        yield "jws_json_invalid", "a JWE, or both at once (RFC 7516 §9)"
    if "signatures" in value and {"protected", "header", "signature"} & set(value):
        yield "jws_json_invalid", "flattened and general at once (RFC 7515 §7.2.2)"
    if not isinstance(value.get("payload", ""), str):
        yield "jws_json_invalid", "`payload` is a string (RFC 7515 §7.2.1)"
    if "payload" in value and not disagreements.is_canonical(str(value["payload"])):
        yield "base64url_invalid", "strict base64url (RFC 7515 §2)"


def reason(text, code):
    raw = text.encode("latin-1")
    value = json.loads(raw.decode("utf-8", "replace"))
    found = dict(of_whole(value, raw))
    each = value.get("signatures", [value])
    if isinstance(each, list) and any(is_malformed(one) for one in each):
        found.setdefault("jws_json_invalid", "a signature without its members (RFC 7515 §7.2.1)")
    elif isinstance(each, list):
        inner = dict(pair for one in each for pair in of_signature(one))
        if inner and len(each) > 1:
            found["signatures_unmet"] = "each is refused: " + "; ".join(sorted(inner.values()))
        found = {**inner, **found}
    return found.get(code)


def of_jose(source, texts):
    lines = [json.dumps({"jwks": source.jwks, "algorithms": ALGS})]
    lines += [json.dumps([form, text]) for form, text, _ in texts]
    done = subprocess.run(["node", HERE / "differential_json.mjs"], input="\n".join(lines) + "\n",
                          capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        code, rest = json.loads(line)
        yield code, base64.b64decode(rest) if code == "ok" else rest


def of_jwcrypto(source, texts):
    from jwcrypto import jwk, jws  # pylint: disable=import-outside-toplevel
    keys = [jwk.JWK(**key) for key in source.jwks["keys"]]

    def judge(text):
        for key in keys:
            try:
                read = jws.JWS()
                read.allowed_algs = list(ALGS)
                read.deserialize(text, key)
                return "ok", read.payload
            except Exception:  # pylint: disable=broad-except
                continue
        return "refused", ""

    for _, text, _ in texts:
        yield judge(text)


def test_verdicts_differ_only_for_reasons(record_property):
    seed = int(os.environ.get("JWKEEP_SEED") or random.SystemRandom().randrange(2**32))
    source = JsonDamage(seed)
    texts = [source.draw() for _ in range(TEXTS)]
    library = JsonLibrary(json.dumps(source.jwks).encode(), ALGS)
    ours = [library.verify(text.encode("latin-1")) for _, text, _ in texts]
    accepted = sum(code == "ok" for code, _ in ours)
    assert TEXTS // 5 < accepted < TEXTS * 4 // 5
    jose, jwcrypto = list(of_jose(source, texts)), list(of_jwcrypto(source, texts))
    assert len(jose) == TEXTS
    used, faults = set(), []
    for (_, text, done), mine, *others in zip(texts, ours, jose, jwcrypto):
        if mine[0] == "ok" and mine not in others:
            faults.append(f"{done}: we accept, and nobody else: {others}\n  {shown(text)}")
        for name, other in zip(("jose", "jwcrypto"), others):
            if other[0] == "ok" and other != mine:
                # Two payloads: theirs is that of a signature which does not count here.
                why = reason(text, "header_invalid" if mine[0] == "ok" else mine[0])
                used.add(why)
                if not why:
                    faults.append(f"{done}: {name} accepts, we say {mine}\n  {shown(text)}")
    record_property("explained", sorted(filter(None, used)))
    lines = "\n".join(faults[:20])
    assert not faults, f"seed {seed}: {len(faults)} of {TEXTS} unexplained\n{lines}"

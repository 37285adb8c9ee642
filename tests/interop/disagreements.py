# SPDX-License-Identifier: Apache-2.0
"""Owns why this library and others differ about a token: the list, and finding a token's place on
it. An entry says whose verdict differs, what we say, what must be true of the token (looked at
here again, without the library), and who is right by which clause. In every entry we refuse what
the other accepts; there is none for the reverse, and must be none."""
import base64
import json
import math
import re
from dataclasses import dataclass
from typing import Callable

from support import damage


def decoded(segment):
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def segments(token):
    return token.split(".")


def is_canonical(segment):
    """RFC 7515 §2 with RFC 4648 §3.5: the alphabet, no padding, the unused bits zero."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", segment) or len(segment) % 4 == 1:
        return False
    return base64.urlsafe_b64encode(decoded(segment)).rstrip(b"=").decode() == segment


def text(token, index):
    return decoded(segments(token)[index])


def value(token, index):
    """As a lenient reader sees it: the last of two members of one name."""
    return json.loads(text(token, index).decode("utf-8", "replace"))


def has_double(raw):
    found = []

    def look(pairs):
        names = [name for name, _ in pairs]
        found.append(len(names) != len(set(names)))
        return dict(pairs)

    json.loads(raw.decode("utf-8", "replace"), object_pairs_hook=look)
    return any(found)


def is_bad_text(raw):
    """Not UTF-8, or a surrogate by itself."""
    try:
        pairs = json.loads(raw.decode("utf-8"), object_pairs_hook=list)
        return bool(re.search("[\ud800-\udfff]", json.dumps(pairs, ensure_ascii=False)))
    except UnicodeDecodeError:
        return True


def has_constant(raw):
    """NaN or Infinity, which Python's reader takes for numbers."""
    found = []
    json.loads(raw.decode("utf-8", "replace"), parse_constant=found.append)
    return bool(found)


def depth(raw):
    """Of brackets that stand in no string."""
    brackets = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", raw)
    deepest = now = 0
    for byte in brackets:
        now += (byte in b"[{") - (byte in b"]}")
        deepest = max(deepest, now)
    return deepest


def is_no_date(date):
    """Not a NumericDate between 1970 and the year 9999."""
    return (isinstance(date, bool) or not isinstance(date, (int, float)) or math.isinf(date) or
            not 0 <= date <= 253402300799)


def is_no_string(name):
    return lambda token: name in value(token, 1) and not isinstance(value(token, 1)[name], str)


def is_no_time(name):
    return lambda token: is_no_date(value(token, 1)[name])


def header_is_no_string(name):
    return lambda token: not isinstance(value(token, 0)[name], str)


def is_long_or_odd_audience(token):
    audience = value(token, 1)["aud"]
    return len(audience) > 64 or not all(isinstance(one, str) for one in audience)


def is_crit_in_disorder(token):
    crit = value(token, 0)["crit"]
    return (not isinstance(crit, list) or not crit or "alg" in crit or
            not all(isinstance(one, str) for one in crit))


@dataclass(frozen=True)
class Reason:
    who: tuple
    code: str
    where: str
    is_true: Callable
    text: str


BOTH, JOSE, JWCRYPTO = ("jose", "jwcrypto"), ("jose",), ("jwcrypto",)

REASONS = [
    Reason(BOTH, "base64url_invalid", "header", lambda t: not is_canonical(segments(t)[0]),
           "strict base64url (RFC 7515 §2; RFC 4648 §3.3, §3.5)"),
    Reason(BOTH, "base64url_invalid", "payload", lambda t: not is_canonical(segments(t)[1]),
           "strict base64url (RFC 7515 §2; RFC 4648 §3.3, §3.5)"),
    Reason(BOTH, "base64url_invalid", "signature", lambda t: not is_canonical(segments(t)[2]),
           "strict base64url (RFC 7515 §2; RFC 4648 §3.3, §3.5): one signature has one spelling"),
    Reason(BOTH, "json_duplicate", "header", lambda t: has_double(text(t, 0)),
           "a header parameter stands twice (RFC 7515 §4: must be unique)"),
    Reason(BOTH, "json_duplicate", "", lambda t: has_double(text(t, 1)),
           "a claim stands twice (RFC 7519 §4: may be rejected; two readers would differ about it)"),
    Reason(BOTH, "json_utf8", "header", lambda t: is_bad_text(text(t, 0)),
           "the header is not UTF-8, or has a lone surrogate (RFC 8259 §8.1, §8.2)"),
    Reason(BOTH, "json_utf8", "", lambda t: is_bad_text(text(t, 1)),
           "the payload is not UTF-8, or has a lone surrogate (RFC 8259 §8.1, §8.2)"),
    Reason(BOTH, "json_too_deep", "header", lambda t: depth(text(t, 0)) > 16,
           "our limit on depth (RFC 8259 §9 allows one)"),
    Reason(BOTH, "json_too_deep", "", lambda t: depth(text(t, 1)) > 16,
           "our limit on depth (RFC 8259 §9 allows one)"),
    Reason(JWCRYPTO, "json_syntax", "header", lambda t: has_constant(text(t, 0)),
           "NaN and Infinity are no JSON (RFC 8259 §6)"),
    Reason(JWCRYPTO, "json_syntax", "", lambda t: has_constant(text(t, 1)),
           "NaN and Infinity are no JSON (RFC 8259 §6)"),
    Reason(BOTH, "header_invalid", "typ", header_is_no_string("typ"),
           "`typ` is a string (RFC 7515 §4.1.9)"),
    Reason(BOTH, "header_invalid", "cty", header_is_no_string("cty"),
           "`cty` is a string (RFC 7515 §4.1.10)"),
    Reason(BOTH, "token_nested", "cty", lambda t: value(t, 0)["cty"].upper() == "JWT",
           "`cty` says that the payload is another token (RFC 7519 §5.2), not claims"),
    Reason(BOTH, "header_invalid", "kid", header_is_no_string("kid"),
           "`kid` is a string (RFC 7515 §4.1.4)"),
    Reason(BOTH, "header_invalid", "b64", lambda t: value(t, 0)["b64"] is not True,
           "`b64` that is not true, without `crit` (RFC 7797 §6), and in a JWT (§7)"),
    Reason(JWCRYPTO, "crit_invalid", "crit", is_crit_in_disorder,
           "`crit` is no array of names, empty, or names a standard parameter (RFC 7515 §4.1.11)"),
    Reason(JWCRYPTO, "kid_missing", "kid", lambda t: "kid" not in value(t, 0),
           "we were told to demand a `kid`; it tries every key"),
    Reason(BOTH, "claim_type", "sub", is_no_string("sub"), "`sub` is a string (RFC 7519 §4.1.2)"),
    Reason(BOTH, "claim_type", "jti", is_no_string("jti"), "`jti` is a string (RFC 7519 §4.1.7)"),
    Reason(BOTH, "claim_type", "aud", is_long_or_odd_audience,
           "`aud` is an array of strings (RFC 7519 §4.1.3), of 64 at the most"),
    Reason(BOTH, "claim_type", "exp", is_no_time("exp"),
           "`exp` is a NumericDate (RFC 7519 §2), up to the year 9999"),
    Reason(BOTH, "claim_type", "nbf", is_no_time("nbf"),
           "`nbf` is a NumericDate (RFC 7519 §2), up to the year 9999"),
    Reason(BOTH, "claim_type", "iat", is_no_time("iat"),
           "`iat` is a NumericDate (RFC 7519 §2), up to the year 9999"),
    Reason(BOTH, "token_issued_in_future", "iat", lambda t: value(t, 1)["iat"] > damage.NOW,
           "`iat` in the future; RFC 7519 §4.1.6 leaves it open"),
    Reason(JWCRYPTO, "token_not_yet_valid", "nbf", lambda t: value(t, 1)["nbf"] > damage.NOW,
           "`nbf` must be checked (RFC 7519 §4.1.5); it does so only on request"),
    Reason(JWCRYPTO, "token_expired", "exp", lambda t: value(t, 1)["exp"] == damage.NOW,
           "`exp` itself is past (RFC 7519 §4.1.4: on or after)"),
]


def is_same_but_for_doubles(mine, other):
    """JavaScript has doubles only, and makes null of one that is infinite when it writes it back."""
    def is_same(one, two):
        if isinstance(one, (int, float)) and math.isinf(one):
            return two is None
        if isinstance(one, (int, float)) and isinstance(two, (int, float)):
            return float(one) == float(two)
        return one == two

    return mine.keys() == other.keys() and all(is_same(mine[name], other[name]) for name in mine)


def find(name, token, ours, theirs):
    """The reason on the list, or None."""
    if ours[0] == "ok":
        if name == "jose" and theirs[0] == "ok" and is_same_but_for_doubles(ours[1], theirs[1]):
            return "a number that no double holds (RFC 8259 §6)"
        return None
    for reason in REASONS:
        if name in reason.who and ours == (reason.code, reason.where) and reason.is_true(token):
            return reason.text
    return None

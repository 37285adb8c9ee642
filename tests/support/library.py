# SPDX-License-Identifier: Apache-2.0
"""Owns calling libjwkeep in this process: what needs thousands of verdicts a second."""
import ctypes
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Span(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("text", ctypes.c_char_p), ("where", ctypes.c_char_p),
                ("clause", ctypes.c_char_p), ("offset", ctypes.c_size_t)]


class Rules(ctypes.Structure):
    """The head of jwkeep_rules; what comes behind keeps the value that _init gave it."""
    _fields_ = [("struct_size", ctypes.c_size_t), ("algorithms", ctypes.c_uint32),
                ("issuers", ctypes.POINTER(ctypes.c_char_p)), ("issuer_count", ctypes.c_size_t),
                ("audiences", ctypes.POINTER(ctypes.c_char_p)),
                ("audience_count", ctypes.c_size_t), ("subject", ctypes.c_char_p),
                ("jti", ctypes.c_char_p), ("typ", ctypes.c_char_p),
                ("required", ctypes.POINTER(ctypes.c_char_p)), ("required_count", ctypes.c_size_t),
                ("leeway_s", ctypes.c_int64), ("max_age_s", ctypes.c_int64),
                ("is_kid_required", ctypes.c_bool), ("limits", ctypes.c_void_p),
                ("rest", ctypes.c_char * 4096)]


def span(data):
    """Borrows `data`: it must live as long as the span is used."""
    return Span(ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p), len(data))


def names(*texts):
    return (ctypes.c_char_p * len(texts))(*[text.encode() for text in texts])


class Library:
    """One token object, as one thread has; `keys` is the text of a JWK Set."""

    def __init__(self, keys):
        path = os.environ.get("JWKEEP_LIBRARY", str(ROOT / "build/test/lib/libjwkeep.so"))
        self.lib = ctypes.CDLL(path)
        self.lib.jwkeep_code_name.restype = ctypes.c_char_p
        self.lib.jwkeep_token_claims_json.restype = Span
        self.lib.jwkeep_algorithm_from_name.argtypes = [Span]
        self.lib.jwkeep_keyset_parse.argtypes = [Span] + [ctypes.c_void_p] * 4
        self.lib.jwkeep_jwt_verify.argtypes = [
            Span, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64,
            ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        self.lib.jwkeep_token_claims_json.argtypes = [ctypes.c_void_p]
        self.set, self.token = ctypes.c_void_p(), ctypes.c_void_p()
        self.must(self.lib.jwkeep_keyset_parse(span(keys), None, ctypes.byref(self.set), None, None))
        self.must(self.lib.jwkeep_token_new(ctypes.byref(self.token), None))
        self.rules = Rules()
        self.lib.jwkeep_rules_init(ctypes.byref(self.rules))
        assert self.rules.struct_size <= ctypes.sizeof(Rules)

    def must(self, code):
        assert code == 0, self.lib.jwkeep_code_name(code)

    def demand(self, algorithms, issuer, audience, required):
        """What every token must say; a `kid` too."""
        for name in algorithms:
            self.rules.algorithms |= 1 << self.lib.jwkeep_algorithm_from_name(span(name.encode()))
        self.rules.issuers, self.rules.issuer_count = names(issuer), 1
        self.rules.audiences, self.rules.audience_count = names(audience), 1
        self.rules.required, self.rules.required_count = names(*required), len(required)
        self.rules.is_kid_required = True

    def verify(self, token, now_s):
        """("ok", the claims' bytes), or (the code's name, where or None)."""
        error = Error()
        code = self.lib.jwkeep_jwt_verify(span(token), None, self.set, ctypes.byref(self.rules),
                                          now_s * 1000, self.token, None, ctypes.byref(error))
        if code == 0:
            claims = self.lib.jwkeep_token_claims_json(self.token)
            return "ok", ctypes.string_at(claims.data, claims.size)
        return self.lib.jwkeep_code_name(code).decode(), (error.where or b"").decode()

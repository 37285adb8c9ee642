# SPDX-License-Identifier: Apache-2.0
"""Owns calling libjwkeep's JSON serializations in this process."""
import ctypes

from support.library import Error, Library, Span, span

ANY = 1


class Options(ctypes.Structure):
    """jwkeep_jws_options."""
    _fields_ = [("key", ctypes.c_void_p), ("keys", ctypes.c_void_p),
                ("algorithms", ctypes.c_uint32), ("is_kid_required", ctypes.c_bool),
                ("limits", ctypes.c_void_p), ("pinned", Span), ("extensions", ctypes.c_void_p),
                ("extension_count", ctypes.c_size_t), ("detached", Span)]


class Policy(ctypes.Structure):
    """jwkeep_jws_policy."""
    _fields_ = [("demand", ctypes.c_int), ("kids", ctypes.c_void_p),
                ("kid_count", ctypes.c_size_t), ("thumbprints", ctypes.c_void_p),
                ("thumbprint_count", ctypes.c_size_t)]


class JsonLibrary(Library):
    """One signature has to hold."""

    def __init__(self, keys, algorithms):
        super().__init__(keys)
        lib = self.lib
        lib.jwkeep_jws_json_verify.argtypes = [Span] + [ctypes.c_void_p] * 4
        lib.jwkeep_jws_json_payload.argtypes = [ctypes.c_void_p]
        lib.jwkeep_jws_json_payload.restype = Span
        self.verified = ctypes.c_void_p()
        self.must(lib.jwkeep_jws_json_new(ctypes.byref(self.verified), None))
        self.options = Options(keys=self.set, is_kid_required=True)
        for name in algorithms:
            self.options.algorithms |= 1 << lib.jwkeep_algorithm_from_name(span(name.encode()))
        self.policy = Policy(demand=ANY)

    def verify(self, token, now_s=0):
        """("ok", the payload), or (the code's name, where)."""
        error = Error()
        code = self.lib.jwkeep_jws_json_verify(
            span(token), ctypes.byref(self.options), ctypes.byref(self.policy), self.verified,
            ctypes.byref(error))
        payload = self.lib.jwkeep_jws_json_payload(self.verified)
        if code == 0:
            return "ok", ctypes.string_at(payload.data, payload.size) if payload.size else b""
        assert not payload.data, token
        return self.lib.jwkeep_code_name(code).decode(), (error.where or b"").decode()

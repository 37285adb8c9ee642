#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every exported function that can fail is called by a test in which allocations fail, or is
named here as one that allocates nothing by itself, with why."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

ALLOCATE_NOTHING = {
    "reads what is there": [
        "jwkeep_builder_check", "jwkeep_json_writer_finish", "jwkeep_jwk_may_sign",
        "jwkeep_jwk_may_verify", "jwkeep_jws_json_at", "jwkeep_keyset_select",
        "jwkeep_lookup_result", "jwkeep_oidc_claims_read", "jwkeep_token_claim_boolean",
        "jwkeep_token_claim_int64", "jwkeep_token_claim_string", "jwkeep_token_expires_s",
        "jwkeep_token_issued_at_s", "jwkeep_token_not_before_s", "jwkeep_verifier_cache_status",
        "jwkeep_verifier_status", "jwkeep_verifier_visit_dynamic"],
    "compares, hashing at most": ["jwkeep_confirmation_check", "jwkeep_id_token_check"],
    "decodes into what the caller gives": ["jwkeep_thumbprint_read_uri"],
    "waits for what others do": ["jwkeep_verifier_wait_ready"],
}
# How a test makes allocations fail: its own functions, or those of tests/support.
FAILING = ("jwkeep_allocator_set", "failing_memory_install", "watched_memory_install")


def fallible():
    headers = "".join(path.read_text(encoding="utf-8")
                      for path in sorted((ROOT / "include/jwkeep").glob("*.h")))
    symbols = (ROOT / "tests/abi/symbols.txt").read_text(encoding="utf-8").split()
    return set(symbols) & set(re.findall(r"\bjwkeep_code\s+(jwkeep_\w+)\(", headers))


def tried():
    names = set()
    for path in (ROOT / "tests/unit").rglob("*_test.c"):
        text = path.read_text(encoding="utf-8")
        if any(word in text for word in FAILING):
            names.update(re.findall(r"\b(jwkeep_\w+)\(", text))
    return names


class Memory(unittest.TestCase):
    def test_every_function_that_can_fail_is_tried_without_memory(self):
        excused = {name for names in ALLOCATE_NOTHING.values() for name in names}
        self.assertGreater(len(fallible()), 80)
        self.assertEqual(fallible() - tried() - excused, set())

    def test_nothing_is_excused_that_need_not_be(self):
        excused = [name for names in ALLOCATE_NOTHING.values() for name in names]
        self.assertEqual(set(excused) - fallible(), set())
        self.assertEqual(set(excused) & tried(), set())
        self.assertEqual(len(excused), len(set(excused)))


if __name__ == "__main__":
    unittest.main(verbosity=2)

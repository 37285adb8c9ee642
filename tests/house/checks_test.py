#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The checks in tools/ find what they are there to find: each gets a small tree with a fault;
and what README.md shows is what is there."""
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
sys.path.insert(0, str(ROOT / "tests"))

from support.growth import LEAK_KB_A_MINUTE, Growth, Sample  # noqa: E402


def layers(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, TOOLS / "check-layers", folder],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class Layers(unittest.TestCase):
    def refuses(self, path, text, word, **others):
        status, out = layers({path: text, **others})
        self.assertEqual(status, 1, out)
        self.assertIn(word, out)

    def accepts(self, path, text):
        status, out = layers({path: text})
        self.assertEqual(status, 0, out)

    def test_accepts_a_lower_rank(self):
        self.accepts("src/jose/jws.c", '#include "codec/json.h"\n#include "jose/jwk.h"\n')

    def test_refuses_a_higher_rank(self):
        self.refuses("src/codec/json.c", '#include "jose/jws.h"\n', "rank 3")

    def test_refuses_a_neighbour_of_the_same_rank(self):
        self.refuses("src/remote/source.c", '#include "jwt/claims.h"\n', "rank 4")

    def test_refuses_a_public_header_of_a_higher_rank(self):
        status, out = layers({"src/base/span.c": "#include <jwkeep/keyset.h>\n",
                              "src/jose/keyset.c": "\n"})
        self.assertEqual(status, 1, out)

    def test_refuses_openssl_outside_crypto(self):
        self.refuses("src/jose/jwk.c", "#include <openssl/evp.h>\n", "openssl")

    def test_refuses_curl_outside_remote(self):
        self.refuses("server/main.c", "#include <curl/curl.h>\n", "curl")

    def test_refuses_libuv_in_the_library(self):
        self.refuses("src/remote/refresher.c", "#include <uv.h>\n", "uv.h")

    def test_refuses_internals_in_the_command_line(self):
        self.refuses("cli/cmd/jwk/check.c", '#include "base/arena.h"\n', "cli/")

    def test_accepts_the_policy_in_the_simulator(self):
        self.accepts("sim/world.h", '#include "remote/policy.h"\n#include "base/hash.h"\n')

    def test_refuses_the_rest_of_the_sources_in_the_simulator(self):
        self.refuses("sim/world.h", '#include "remote/source.h"\n', "sim/")

    def test_accepts_base_in_the_server(self):
        self.accepts("server/http/reader.c", '#include "base/clock.h"\n')

    def test_refuses_internals_in_an_example(self):
        self.refuses("examples/verify_token.c", '#include "base/arena.h"\n', "examples/")

    def test_refuses_a_private_header_in_a_public_one(self):
        self.refuses("include/jwkeep/jws.h", '#include "base/arena.h"\n', "public header")

    def test_refuses_a_folder_without_a_rank(self):
        self.refuses("src/misc/helpers.c", "\n", "no rank")


class Reference(unittest.TestCase):
    """tools/make-reference on a copy of the headers and pages, with one change."""

    def refuses(self, path, old, new, word):
        with tempfile.TemporaryDirectory() as folder:
            for part in ("include", "docs/reference", "src/base"):
                shutil.copytree(ROOT / part, pathlib.Path(folder, part))
            changed = pathlib.Path(folder, path)
            text = changed.read_text(encoding="utf-8") if changed.exists() else ""
            self.assertIn(old, text)
            changed.write_text(text.replace(old, new), encoding="utf-8")
            done = subprocess.run([sys.executable, TOOLS / "make-reference", folder],
                                  capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(word, done.stdout)

    def test_refuses_a_function_without_a_comment(self):
        self.refuses("include/jwkeep/keyset.h", "/* How many keys the set holds. */\n", "",
                     "jwkeep_keyset_count has no comment")

    def test_refuses_an_inline_function_without_a_comment(self):
        self.refuses("include/jwkeep/span.h", "/* Whether the value is there, be it empty. */\n",
                     "", "jwkeep_span_is_present has no comment")

    def test_refuses_a_page_that_says_something_else(self):
        self.refuses("docs/reference/jwt.md", "the caller's to free", "to be left alone",
                     "docs/reference/jwt.md is not what the headers say")

    def test_refuses_a_code_that_the_table_does_not_say(self):
        self.refuses("src/base/error.c", "the token has expired", "too late", "codes.md")

    def test_refuses_a_header_without_a_place_in_the_index(self):
        self.refuses("include/jwkeep/new.h", "", "/* SPDX\n *\n * Owns it. */\n\n/* Does it. */\n"
                     "JWKEEP_API void jwkeep_new_do(void);\n", "new.h is in no group")


class Readme(unittest.TestCase):
    def test_shows_the_example_that_is_compiled(self):
        example = (ROOT / "examples/verify_token.c").read_text(encoding="utf-8")
        shown = example[example.index("#include"):]
        self.assertIn(f"```c\n{shown}```", (ROOT / "README.md").read_text(encoding="utf-8"))


def hour(kb_a_minute, noise_kb, warm_up_kb=0):
    """Samples of an hour, four a minute, of memory that grows so."""
    draw = random.Random(1)
    return [Sample(15.0 * i, 4000 + kb_a_minute * i / 4 + draw.uniform(0, noise_kb)
                   + warm_up_kb * min(1, i / 40)) for i in range(240)]


class SoakMemory(unittest.TestCase):
    def test_finds_a_leak_of_20_kb_a_minute(self):
        for noise_kb in (0, 100, 400):
            growth = Growth(hour(LEAK_KB_A_MINUTE, noise_kb))
            self.assertFalse(growth.is_flat, str(growth))

    def test_finds_a_leak_that_begins_late(self):
        samples = hour(0, 100)
        late = [Sample(s.at_s, s.kb + 40 * max(0, s.at_s / 60 - 30)) for s in samples]
        self.assertFalse(Growth(late).is_flat)

    def test_takes_noise_and_a_warm_up_for_flat(self):
        for noise_kb in (0, 100, 400):
            growth = Growth(hour(0, noise_kb, warm_up_kb=3000))
            self.assertTrue(growth.is_known)
            self.assertTrue(growth.is_flat, str(growth))

    def test_a_single_peak_is_no_slope(self):
        samples = hour(0, 0)
        samples[30] = Sample(samples[30].at_s, 90000)
        self.assertEqual(Growth(samples).slopes, [0, 0, 0, 0])

    def test_says_that_a_run_is_too_short(self):
        for samples in ([], hour(20, 0)[:1], hour(20, 0)[:7]):
            growth = Growth(samples)
            self.assertFalse(growth.is_known)
            self.assertTrue(growth.is_flat)


if __name__ == "__main__":
    unittest.main(verbosity=2)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/attacks.md names places that are there: every function is defined in its file, every test
is run by its file, and each of the classes has both."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLASSES = 21
PLACE = re.compile(r"`([\w./-]+):(\w+)`")


def rows():
    text = (ROOT / "docs/attacks.md").read_text(encoding="utf-8")
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0].isdigit():
            yield int(cells[0]), cells[1], cells[2], cells[3], cells[4]


def is_defined(text, name):
    return re.search(rf"^[a-z][^;\n]*\b{name}\([^;]*?\)\s*\{{", text, re.M) is not None


def is_run(text, name):
    """Beside its definition the name stands once more, in the list; pytest needs no list."""
    return re.search(rf"^def {name}\(", text, re.M) is not None or \
        len(re.findall(rf"\b{name}\b", text)) >= 2


class Attacks(unittest.TestCase):
    def test_every_class_is_there_once(self):
        self.assertEqual([row[0] for row in rows()], list(range(1, CLASSES + 1)))

    def test_every_answer_is_defined(self):
        for number, _, _, answers, _ in rows():
            places = PLACE.findall(answers)
            self.assertTrue(places or "JWE is not handled" in answers, number)
            for path, name in places:
                with self.subTest(attack=number, path=path, name=name):
                    text = (ROOT / path).read_text(encoding="utf-8")
                    self.assertTrue(is_defined(text, name))

    def test_every_test_is_run(self):
        for number, _, _, _, tests in rows():
            places = PLACE.findall(tests)
            self.assertTrue(places, number)
            for path, name in places:
                with self.subTest(attack=number, path=path, name=name):
                    text = (ROOT / path).read_text(encoding="utf-8")
                    self.assertTrue(path.startswith("tests/") and is_run(text, name))

    def test_finds_what_is_missing(self):
        self.assertFalse(is_defined("static int other(int a) {\n", "wanted"))
        self.assertFalse(is_defined("static int wanted(int a);\n", "wanted"))
        self.assertTrue(is_defined("static int wanted(int a,\n           int b) {\n", "wanted"))
        self.assertFalse(is_run("static void wanted(void **state) {\n", "wanted"))
        self.assertTrue(is_run("void wanted(void **state) {\ncmocka_unit_test(wanted),", "wanted"))


if __name__ == "__main__":
    unittest.main(verbosity=2)

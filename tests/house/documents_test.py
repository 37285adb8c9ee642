#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the documents point to is there: files that they link to, anchors of the reference, and
everything that they call by a name of the interface."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"),
                    *(ROOT / "packaging").rglob("*.md")])
LINK = re.compile(r"\]\(\s*([^)#\s]*)(?:#([^)\s]*))?\s*\)")
NAME = re.compile(r"\b(?:jwkeep|JWKEEP)_\w+")


def faults_of_links(path, text):
    for target, anchor in LINK.findall(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        file = path.parent / target if target else path
        if not file.exists():
            yield f"{path.relative_to(ROOT)}: no {target}"
        elif anchor and file.parent.name == "reference" and \
                f'<a id="{anchor}"></a>' not in file.read_text(encoding="utf-8"):
            yield f"{path.relative_to(ROOT)}: no #{anchor} in {target}"


def faults_of_names(path, text, known):
    for name in sorted(set(NAME.findall(text))):
        is_known = name in known or (name.endswith("_") and any(one.startswith(name) for one in known))
        if not is_known:
            yield f"{path.relative_to(ROOT)}: the interface has no {name}"


def names_of_interface():
    headers = "\n".join(path.read_text(encoding="utf-8")
                        for path in (ROOT / "include/jwkeep").glob("*.h"))
    return set(NAME.findall(headers))


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        faults = [fault for path in DOCUMENTS
                  for fault in faults_of_links(path, path.read_text(encoding="utf-8"))]
        self.assertEqual([], faults)

    def test_names_are_of_the_interface(self):
        known = names_of_interface()
        checked = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "docs/migrating.md"]
        faults = [fault for path in checked
                  for fault in faults_of_names(path, path.read_text(encoding="utf-8"), known)]
        self.assertEqual([], faults)

    def test_sees_a_link_that_leads_nowhere(self):
        text = "[a](no-such.md) [b](README.md) [c](docs/reference/jwt.md#no_such) [d](https://a/b)"
        self.assertEqual(2, len(list(faults_of_links(ROOT / "README.md", text))))

    def test_sees_a_name_that_is_none(self):
        text = "`jwkeep_jwt_verify`, `jwkeep_token_claim_…`, `jwkeep_jwt_verifi`, `jwkeep_none_…`"
        self.assertEqual(2, len(list(faults_of_names(ROOT / "README.md", text,
                                                     names_of_interface()))))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

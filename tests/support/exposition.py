# SPDX-License-Identifier: Apache-2.0
"""Owns a strict reader of the Prometheus text format (0.0.4), and what promtool checks besides:
each family once, with help and type, a counter named so, a histogram whole."""
import re

SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?\d[\d.e+-]*|\+Inf|NaN)')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def read_labels(text):
    labels, at = {}, 0
    while text and at < len(text):
        found = LABEL.match(text, at)
        assert found, text
        assert found[1] not in labels, text
        labels[found[1]] = found[2]
        at = found.end()
    return tuple(sorted(labels.items()))


def read(text):
    """{family: (type, {(name, labels): value})}; what is not in order fails."""
    families, family = {}, None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family, words = line[7:].split(" ", 1)
            assert family not in families and words.endswith("."), line
            families[family] = (None, {})
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == family and kind in ("counter", "gauge", "histogram"), line
            families[family] = (kind, families[family][1])
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            kind, samples = families[family]
            suffix = found[1].removeprefix(family)
            assert found[1].startswith(family), line
            assert suffix in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))
            one = (found[1], read_labels(found[2]))
            assert one not in samples, f"twice: {line}"
            samples[one] = float(found[3])
    for name, (kind, _) in families.items():
        assert name.startswith("jwkeep_") and kind, name
        assert (kind == "counter") == name.endswith("_total"), name
    return families


def value(families, name, **labels):
    wanted = tuple(sorted(labels.items()))
    for _, samples in families.values():
        if (name, wanted) in samples:
            return samples[name, wanted]
    raise AssertionError(f"no {name} {labels}")

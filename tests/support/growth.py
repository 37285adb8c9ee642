# SPDX-License-Identifier: Apache-2.0
"""Owns saying whether memory grows, from samples of a long run. The first quarter is not judged:
buffers and contexts are made then. After it a leak of LEAK_KB_A_MINUTE over an hour is told from
the noise of an allocator."""
import itertools
import statistics
from typing import NamedTuple

LEAK_KB_A_MINUTE = 20
FLAT_KB_A_MINUTE = LEAK_KB_A_MINUTE / 2
NOISE_KB = 192  # free blocks that an allocator keeps now and not then


class Sample(NamedTuple):
    at_s: float
    kb: float


def quarters(samples):
    """Four parts of equal time, or nothing: there are too few samples to tell growth by."""
    if not samples:
        return []
    began = samples[0].at_s
    quarter_s = (samples[-1].at_s - began) / 4
    parts = [[], [], [], []]
    for sample in samples:
        parts[min(3, int((sample.at_s - began) / quarter_s)) if quarter_s else 0].append(sample)
    return parts if all(len(part) > 1 for part in parts) else []


def slope_kb_a_minute(samples):
    """The median of the slopes between any two samples (Theil and Sen): what single peaks do
    not move."""
    return 60 * statistics.median((b.kb - a.kb) / (b.at_s - a.at_s)
                                  for a, b in itertools.combinations(samples, 2))


def between(early, late):
    """By how much the middle of a part is over that of an earlier one, and how many minutes lie
    between them."""
    kb = statistics.median(s.kb for s in late) - statistics.median(s.kb for s in early)
    minutes = (statistics.median(s.at_s for s in late)
               - statistics.median(s.at_s for s in early)) / 60
    return kb, minutes


class Growth:
    """From the second quarter to the last one."""

    def __init__(self, samples):
        parts = quarters(samples)
        self.is_known = bool(parts)
        self.slopes = [slope_kb_a_minute(part) for part in parts]
        self.kb, self.minutes = between(parts[1], parts[3]) if parts else (0, 0)
        self.allowed_kb = NOISE_KB + FLAT_KB_A_MINUTE * self.minutes
        self.is_flat = self.kb <= self.allowed_kb

    def __str__(self):
        if not self.is_known:
            return "too short a run to tell growth"
        slopes = ", ".join(f"{slope:+.1f}" for slope in self.slopes)
        return (f"slope by quarter {slopes} kB a minute; from the second quarter to the last "
                f"{self.kb:+.0f} kB in {self.minutes:.1f} minutes, of which "
                f"{self.allowed_kb:.0f} kB may be noise")

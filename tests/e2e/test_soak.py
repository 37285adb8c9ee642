# SPDX-License-Identifier: Apache-2.0
"""A short run of tools/soak."""
import subprocess

import pytest

from support.gateway import ROOT

pytestmark = pytest.mark.long
SECONDS = "30"
DEADLINE_S = 300


def test_half_a_minute_of_mixed_load_has_no_wrong_verdict(program):
    done = subprocess.run([str(ROOT / "tools/soak"), "--seconds", SECONDS, "--program",
                           program.path], capture_output=True, text=True, timeout=DEADLINE_S,
                          check=False)
    print(done.stdout)
    assert done.returncode == 0, done
    assert "0 wrong verdicts" in done.stdout

# SPDX-License-Identifier: Apache-2.0
"""What jwkeep.service may not do, tried by a program in its place, and seen in /proc."""
import json
import pathlib
import re
import subprocess

import pytest

from support.program import wait_until
from support.unit import SERVICE, SOCKET, STATE, systemctl

PROBE = pathlib.Path(__file__).parent / "probe.py"
ALLOWED = {"write the state", "write /tmp", "an internet socket", "read the configuration",
           "open many files"}
MOST_EXPOSED = 1.2  # of 10


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


def assert_without_rights(pid):
    status = status_of(pid)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, status
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
    users = set(status["Uid"].split()) | set(status["Gid"].split()) | set(
        status["Groups"].split())
    assert len(users) == 1 and 61184 <= int(users.pop()) <= 65519, "a user of its own"


def test_the_process_has_no_rights_and_its_successor_neither(unit):
    unit.start()
    assert_without_rights(unit.pid())
    assert_without_rights(unit.upgrade())


def test_its_threads_are_filtered_too(unit):
    unit.start()
    threads = list(pathlib.Path(f"/proc/{unit.pid()}/task").iterdir())
    assert len(threads) > 2
    for thread in threads:
        text = (thread / "status").read_text(encoding="utf-8")
        assert re.search(r"^Seccomp:\s2$", text, re.MULTILINE), text


@pytest.fixture
def outcomes(unit):
    """What the probe could do."""
    unit.drop_in("ExecStart=", f"ExecStart=/usr/bin/python3 -B {PROBE}", "Type=oneshot",
                 "Restart=no")
    unit.start(SOCKET, SERVICE)
    file = STATE / "outcomes.json"
    wait_until("the outcomes", file.exists)
    return json.loads(file.read_text(encoding="utf-8"))


def test_who_takes_it_over_can_do_nothing_else(outcomes):
    done = {name for name, outcome in outcomes.items() if outcome == "succeeded"}
    for name, outcome in outcomes.items():
        print(f"{name}: {outcome}")
    assert done == ALLOWED, done ^ ALLOWED
    assert len(outcomes) > 35
    assert not pathlib.Path("/tmp/mine").exists(), "its /tmp is its own"


def test_systemd_counts_little_exposure(unit):
    unit.start()
    counted = subprocess.run(["systemd-analyze", "security", "--no-pager", SERVICE],
                             capture_output=True, text=True, check=True).stdout
    found = re.search(r"Overall exposure level for jwkeep.service: ([\d.]+)", counted)
    assert found and float(found[1]) <= MOST_EXPOSED, counted
    assert systemctl("show", "-P", "NotifyAccess", SERVICE).stdout.strip() == "main"

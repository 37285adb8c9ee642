# SPDX-License-Identifier: Apache-2.0
"""The units in packaging/systemd, and the service as systemd runs it, without systemd: the
sockets it is given, what it says of its state, the system calls it may make."""
import json
import os
import re
import shutil
import subprocess

import pytest

from support.configured import settings_for
from support.gateway import ROOT
from support.program import Background, Program, ask, wait_until

UNITS = ROOT / "packaging/systemd"
MOST_EXPOSED = 15  # of 100, as `systemd-analyze security` counts

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"),
                                   reason="no systemd-analyze here")


def unit(name):
    """Sections with their settings, each a list of values; comments left out."""
    sections, section = {}, None
    for line in (UNITS / name).read_text(encoding="utf-8").splitlines():
        if found := re.fullmatch(r"\[(\w+)\]", line):
            section = sections.setdefault(found[1], {})
        elif line and not line.startswith("#"):
            key, value = line.split("=", 1)
            section.setdefault(key, []).append(value)
    return sections


@pytest.fixture
def installed(program, tmp_path):
    """The units in a folder, with this build's program; the manual is not installed here."""
    text = (UNITS / "jwkeep.service.in").read_text(encoding="utf-8")
    text = text.replace("@JWKEEP_BINDIR@/jwkeep", program.path)
    text = re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE)
    (tmp_path / "jwkeep.service").write_text(text, encoding="utf-8")
    shutil.copyfile(UNITS / "jwkeep.socket", tmp_path / "jwkeep.socket")
    return tmp_path


def analyze(*words):
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True,
                          check=False, env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"})


@needs_systemd
def test_systemd_understands_every_line(installed):
    done = analyze("verify", str(installed / "jwkeep.service"), str(installed / "jwkeep.socket"))
    assert (done.returncode, done.stderr) == (0, ""), done


@needs_systemd
def test_the_service_is_hardly_exposed(installed):
    done = analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSED}",
                   str(installed / "jwkeep.service"))
    print(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout


def test_the_service_has_no_rights():
    service = unit("jwkeep.service.in")["Service"]
    expected = {"NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "AmbientCapabilities": "",
                "ProtectSystem": "strict", "DynamicUser": "yes", "MemoryDenyWriteExecute": "yes",
                "PrivateDevices": "yes", "SystemCallArchitectures": "native", "Type": "notify"}
    assert {name: service[name] for name in expected} == {
        name: [value] for name, value in expected.items()}


def expanded(name):
    """The system calls of a group, those of groups within it, too."""
    calls = set()
    for line in analyze("syscall-filter", name).stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= expanded(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    assert calls, name
    return calls


def allowed_calls():
    filters = unit("jwkeep.service.in")["Service"]["SystemCallFilter"]
    allowed = set()
    for words in filters:
        groups = words.lstrip("~").split()
        calls = set().union(*map(expanded, groups))
        allowed = allowed - calls if words.startswith("~") else allowed | calls
    return allowed


@pytest.mark.foreign
@needs_systemd
def test_the_service_makes_no_other_system_calls(program, issuer, key, sign, claims, tmp_path):
    """All that it calls from start to end, traced, with the filter of the unit."""
    issuer.keys = [key.public]
    trace = tmp_path / "trace"
    traced = Program("strace")
    settings = settings_for(issuer)
    settings["listeners"] = [{"address": "127.0.0.1:0"},
                             {"address": f"unix:{tmp_path}/verify.sock"}]
    settings["issuers"][0]["source"]["snapshot_file"] = str(tmp_path / "main.json")
    (tmp_path / "jwkeep.yaml").write_text(json.dumps(settings), encoding="utf-8")
    service = Background(traced, tmp_path / "ready.json", [
        "-D", "-f", "-o", str(trace), program.path, "serve", "--config",
        str(tmp_path / "jwkeep.yaml"), "--admin", "127.0.0.1:0"])
    try:
        service.wait_until_ready()
        answer = ask(service.addresses["listen"], "GET", "/verify",
                     [("Authorization", f"Bearer {sign(key, claims)}")])
        assert answer.status == 200
        assert ask(service.addresses["admin"], "POST", "/reload", body=b"").status == 200
        assert ask(service.addresses["admin"], "GET", "/metrics").status == 200
    finally:
        service.stop()
    wait_until("the end of the trace", lambda: "exit_group(" in trace.read_text())
    calls = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(calls) > 20
    assert calls <= allowed_calls(), calls - allowed_calls()

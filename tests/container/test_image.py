# SPDX-License-Identifier: Apache-2.0
"""The built image: what it says of itself, and a container of it with a pod's rights."""
import os
import pathlib
import re
import signal
import subprocess

import pytest

from support.program import DEADLINE_S, ask, wait_until
from support.verdict import assert_refused

LISTEN, ADMIN = "127.0.0.1:8080", "127.0.0.1:9090"


def verify(token):
    return ask(LISTEN, "GET", "/verify", [("Authorization", f"Bearer {token}")])


def wait_until_ready():
    wait_until("keys", lambda: ask(ADMIN, "GET", "/readyz").status == 200)


def test_the_image_tells_engines_what_it_is(image):
    assert image["StopSignal"] == "SIGTERM"
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image["User"])
    assert set(image["ExposedPorts"]) == {"8080/tcp", "9090/tcp"}
    assert image["Healthcheck"]["Test"][0] == "CMD"


def test_the_image_holds_no_source_and_no_compiler(image):
    root = pathlib.Path(image["root"])
    assert (root / "usr/bin/jwkeep").is_file()
    for name in ("source", "image", "usr/bin/cc", "usr/bin/cmake", "usr/include/jwkeep"):
        assert not (root / name).exists(), name
    owned = subprocess.run(["find", str(root), "-xdev", "-uid", image["User"].split(":")[0]],
                           capture_output=True, text=True, check=True).stdout
    assert owned.split() == [str(root / "var/lib/jwkeep")], "the user may change nothing else"


def test_without_arguments_it_prints_how_to_use_it(start, image):
    it = start(image["Cmd"])
    assert it.process.wait(DEADLINE_S) == 0
    assert it.output().startswith("usage: jwkeep serve ")


def test_it_answers_with_the_rights_of_the_pod(container, token):
    wait_until_ready()
    assert verify(token).status == 200
    assert_refused(verify(token[:-8] + "AAAAAAAA"))
    status = pathlib.Path(f"/proc/{container.pid()}/status").read_text(encoding="utf-8")
    assert re.search(r"^Uid:\s65532\s65532\s65532\s65532$", status, re.MULTILINE), status
    assert re.search(r"^CapBnd:\s0+$", status, re.MULTILINE), status
    assert re.search(r"^NoNewPrivs:\s1$", status, re.MULTILINE), status
    assert container.run("touch", "/var/lib/jwkeep/mine") == 0
    assert container.run("touch", "/usr/mine") != 0
    assert container.run("touch", "/tmp/mine") != 0


def test_the_pods_hooks_and_probes_run_in_it(container, pod):
    wait_until_ready()
    command, _ = pod["lifecycle"]["preStop"]["exec"]["command"]
    assert container.run(command, "0") == 0
    for probe in ("readinessProbe", "livenessProbe"):
        assert ask(ADMIN, "GET", pod[probe]["httpGet"]["path"]).status == 200


def test_the_snapshot_goes_to_the_volume(container):
    wait_until_ready()
    wait_until("the snapshot",
               lambda: container.run("test", "-s", "/var/lib/jwkeep/default.json") == 0)


def test_the_check_of_health_tells_life(container, image):
    check = image["Healthcheck"]["Test"][1:]
    assert container.run(*check) == 0
    os.kill(container.pid(), signal.SIGSTOP)
    with pytest.raises(subprocess.TimeoutExpired):
        container.runc("exec", container.name, *check,
                       timeout=image["Healthcheck"]["Timeout"] / 1e9)
    os.kill(container.pid(), signal.SIGCONT)


@pytest.fixture
def keyless(issuer):
    issuer.status = 500


def test_it_is_ready_only_with_keys_and_alive_without(keyless, container, issuer):
    assert ask(ADMIN, "GET", "/readyz").status == 503
    assert ask(ADMIN, "GET", "/healthz").status == 200
    issuer.reset()
    wait_until_ready()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_the_stop_signal_drains_and_tells_its_figures(container, token, image, name):
    wait_until_ready()
    assert verify(token).status == 200
    assert container.end(name) == 0
    assert "event=draining connections=" in container.output()
    assert re.search(r"event=ended .* cut=0 requests=1 ", container.output())


def test_no_successor_takes_over_from_the_first_process(container, token):
    """The kernel ends a container with its first process, and a successor with it."""
    wait_until_ready()
    container.runc("kill", container.name, "USR2")
    wait_until("the refusal", lambda: "event=upgrade_failed" in container.output())
    assert verify(token).status == 200

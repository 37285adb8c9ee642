# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve: SIGUSR2 starts a successor on the same sockets."""
import http.client
import json
import os
import pathlib
import signal
import threading

import pytest

from support.configured import ConfiguredService, settings_for
from support.program import DEADLINE_S, Program, ask, wait_until
from support.verdict import AUDIENCE


def children_of(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [int(word) for word in text.split()]


def is_running(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return state.rsplit(")", 1)[1].split()[0] != "Z"


@pytest.fixture
def successors():
    """Processes to end with the test: nobody else knows of them."""
    pids = []
    yield pids
    for pid in pids:
        if is_running(pid):
            os.kill(pid, signal.SIGTERM)
    wait_until("their end", lambda: not any(is_running(pid) for pid in pids))


def upgrade(service, successors):
    service.process.send_signal(signal.SIGUSR2)
    pid = wait_until("the successor", lambda: children_of(service.process.pid))[0]
    successors.append(pid)
    return pid


def policy(**more):
    return {"name": "default", "audiences": [AUDIENCE], **more}


def test_no_request_fails_while_a_successor_takes_over(configure, sign, key, claims,
                                                       successors):
    service = configure(policy())
    headers = [("Authorization", f"Bearer {sign(key, claims)}")]
    ends, statuses = threading.Event(), []

    def ask_on():
        while not ends.is_set():
            try:
                answer = ask(service.addresses["listen"], "GET", "/verify", headers)
                statuses.append(answer.status)
            except (OSError, http.client.HTTPException) as failure:
                statuses.append(repr(failure))

    threads = [threading.Thread(target=ask_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    successor = upgrade(service, successors)
    wait_until("the predecessor's end", service.has_ended)
    before = len(statuses)
    wait_until("requests to the successor", lambda: len(statuses) > before + 50)
    ends.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    assert service.process.returncode == 0 and is_running(successor)
    assert service.admin("/healthz").status == 200
    assert service.output().count("event=started") == 2


def test_a_successor_that_cannot_start_changes_nothing(configure, sign, key, claims):
    service = configure(policy())
    service.write("{")
    service.process.send_signal(signal.SIGUSR2)
    wait_until("the failure", lambda: "event=upgrade_failed" in service.output())
    assert service.verify(sign(key, claims)).status == 200
    assert children_of(service.process.pid) == []
    service.write()
    assert service.reload().status == 200


def test_who_ends_the_service_ends_the_successor_that_is_being_started(configure, issuer,
                                                                       successors):
    service = configure(policy())
    service.write(json.dumps({**service.settings, "start": "required"}))
    issuer.gate.clear()
    successor = upgrade(service, successors)
    service.process.send_signal(signal.SIGTERM)
    wait_until("the predecessor's end", service.has_ended)
    issuer.gate.set()
    wait_until("the successor's end", lambda: not is_running(successor))


def test_a_unix_socket_goes_over_with_its_file(configure, issuer, tmp_path, successors):
    path = tmp_path / "verify.sock"
    settings = {"issuers": [{"name": "main", "issuer": issuer.url, "jwks_url": issuer.jwks_url,
                             "source": {"allows_http_loopback": True}}],
                "policies": [policy()], "listeners": [{"address": f"unix:{path}"}],
                "admin": {"address": "127.0.0.1:0"}}
    service = configure(settings=settings, own_listeners=True)
    inode = path.stat().st_ino
    upgrade(service, successors)
    wait_until("the predecessor's end", service.has_ended)
    assert path.stat().st_ino == inode
    assert service.admin("/healthz").status == 200


@pytest.fixture
def watched(program, tmp_path):
    """The program as systemd starts it: with a watchdog of its own."""
    script = tmp_path / "watched"
    script.write_text('#!/bin/sh\nexport WATCHDOG_PID=$$ WATCHDOG_USEC=400000\n'
                      f'exec {program.path} "$@"\n', encoding="ascii")
    script.chmod(0o755)
    return Program(str(script))


def test_the_manager_hears_of_the_successor_and_from_it(watched, manager, issuer, tmp_path,
                                                        successors):
    """NotifyAccess=main: nothing that a process says counts before it is the main one."""
    service = ConfiguredService(watched, tmp_path, settings_for(issuer))
    service.wait_until_ready()
    first = service.process.pid
    for _ in range(2):
        main = successors[-1] if successors else first
        os.kill(main, signal.SIGUSR2)
        successors.append(wait_until("the successor", lambda: children_of(main))[-1])
        heard = []
        while (main, [f"MAINPID={successors[-1]}", "STATUS="]) not in heard:
            heard.append(manager.hear_from())
        assert successors[-1] not in [pid for pid, _ in heard]
        while (successors[-1], ["WATCHDOG=1"]) not in heard:
            heard.append(manager.hear_from())
        said = [lines for pid, lines in heard if pid == successors[-1]]
        assert ["READY=1"] not in said and ["STOPPING=1"] not in [said for _, said in heard]
    service.process.wait(DEADLINE_S)


def test_a_successor_feeds_no_watchdog_of_another_process(manager, configure, monkeypatch,
                                                          successors):
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    service = configure(policy())
    upgrade(service, successors)
    wait_until("the predecessor's end", service.has_ended)
    os.kill(successors[-1], signal.SIGTERM)
    heard = []
    while "STOPPING=1" not in heard:
        heard += manager.hear()
    assert "WATCHDOG=1" not in heard


def test_a_successor_has_a_successor(configure, sign, key, claims, successors):
    service = configure(policy())
    first = upgrade(service, successors)
    wait_until("the predecessor's end", service.has_ended)
    os.kill(first, signal.SIGUSR2)
    second = wait_until("the second", lambda: children_of(first))[0]
    successors.append(second)
    wait_until("the first one's end", lambda: not is_running(first))
    assert service.verify(sign(key, claims)).status == 200 and is_running(second)

# SPDX-License-Identifier: Apache-2.0
"""jwkeep.service and jwkeep.socket as systemd runs them: start, reload, hand-over, end, and what
comes after a crash."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading

import pytest

from support.program import DEADLINE_S, ask, wait_until
from support.receiver import SECRET, Receiver
from support.unit import ADMIN, LISTEN, SERVICE, SOCKET, SOCKET_FILE, ask_socket, systemctl
from support.verdict import assert_refused


def verify(token):
    return ask(LISTEN, "GET", "/verify", [("Authorization", f"Bearer {token}")])


def admin(path, method="GET"):
    return ask(ADMIN, method, path, body=b"" if method == "POST" else None)


def wait_until_ready():
    wait_until("keys", lambda: admin("/readyz").status == 200)


class Asking:
    """Threads that ask one after the other, until they are ended; what came back."""

    def __init__(self, ask_once):
        self.ask_once = ask_once
        self.is_over = threading.Event()
        self.outcomes = []
        self.threads = [threading.Thread(target=self.ask_on) for _ in range(4)]

    def ask_on(self):
        while not self.is_over.is_set():
            try:
                self.outcomes.append(self.ask_once().status)
            except (OSError, http.client.HTTPException) as failure:
                self.outcomes.append(repr(failure))

    def more(self, count=20):
        before = len(self.outcomes)
        wait_until("further requests", lambda: len(self.outcomes) > before + count)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.more()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def replace_program(program):
    """As a package manager does: another file, under the same name."""
    shutil.copy2(program.path, program.path + ".new")
    os.replace(program.path + ".new", program.path)


def processes_of(name):
    return [int(path.parent.name) for path in pathlib.Path("/proc").glob("[0-9]*/comm")
            if path.read_text(encoding="utf-8").strip() == name]


def test_the_start_is_over_when_the_service_says_so(unit, issuer, token):
    issuer.gate.clear()
    unit.write({**unit.settings, "start": "required"})
    starting = subprocess.Popen(["systemctl", "start", SERVICE])
    wait_until("the download", lambda: issuer.downloads == 1)
    assert unit.show("ActiveState") == "activating"
    issuer.gate.set()
    assert starting.wait(DEADLINE_S) == 0
    assert unit.is_active() and unit.show("SubState") == "running"
    assert verify(token).status == 200 and admin("/readyz").status == 200


def test_a_request_to_the_socket_starts_the_service(unit, token):
    unit.start(SOCKET)
    assert not unit.is_active()
    assert ask_socket(token).status == 200
    wait_until("the service", unit.is_active)
    assert_refused(ask_socket(token[:-8] + "AAAAAAAA"))


def test_the_socket_is_for_the_gateways_group_alone(unit, token):
    unit.start(SOCKET)
    curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", SOCKET_FILE,
            "-H", f"Authorization: Bearer {token}", "http://localhost/verify"]

    def ask_as(user):
        return subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups",
                               *curl], capture_output=True, text=True, check=False).stdout

    assert ask_as("www-data") == "200"
    assert ask_as("games") == "000"


def test_reload_reads_the_configuration_again(unit, token):
    unit.start()
    wait_until_ready()
    before = unit.pid()
    assert verify(token).status == 200
    unit.settings["policies"][0]["audiences"] = ["another"]
    unit.write()
    systemctl("reload", SERVICE)
    wait_until("the reload", lambda: "event=reloaded" in unit.said())
    assert_refused(verify(token))
    assert unit.pid() == before and unit.is_active()


def test_a_bad_configuration_changes_nothing_and_the_status_tells_it(unit, token):
    unit.start()
    wait_until_ready()
    before = unit.pid()
    unit.write_text("policies: [")
    systemctl("reload", SERVICE)
    wait_until("the status", lambda: "jwkeep.yaml:2:1: not YAML" in unit.show("StatusText"))
    assert verify(token).status == 200
    assert unit.pid() == before and unit.is_active()
    unit.write()
    systemctl("reload", SERVICE)
    wait_until("no status", lambda: not unit.show("StatusText"))


@pytest.mark.parametrize("with_socket", [False, True])
def test_no_request_fails_while_a_successor_takes_over(unit, program, token, with_socket):
    unit.start(*([SOCKET] if with_socket else []), SERVICE)
    wait_until_ready()
    with Asking(lambda: ask_socket(token) if with_socket else verify(token)) as asking:
        for _ in range(2):
            replace_program(program)
            main = unit.upgrade()
            asking.more()
            assert os.readlink(f"/proc/{main}/exe") == program.path
    assert set(asking.outcomes) == {200}
    assert unit.is_active() and unit.show("NRestarts") == "0"
    assert processes_of("jwkeep") == [main]
    assert "reception only permitted" not in unit.said(), unit.said()


def test_no_connection_is_refused_while_the_service_restarts_behind_its_socket(unit, token):
    unit.start(SOCKET, SERVICE)
    wait_until_ready()
    with Asking(lambda: ask_socket(token)) as asking:
        systemctl("restart", SERVICE)
        asking.more()
    assert set(asking.outcomes) == {200}


def test_a_successor_is_watched_and_feeds_the_watchdog(unit):
    unit.drop_in("WatchdogSec=10")
    unit.start()
    successor = unit.upgrade()
    for _ in range(3):
        before = unit.counted("WatchdogTimestampMonotonic")
        wait_until("a sign of life",
                   lambda: unit.counted("WatchdogTimestampMonotonic") > before)
    assert unit.pid() == successor and unit.is_active()
    os.kill(successor, signal.SIGKILL)
    wait_until("the restart", lambda: unit.pid() not in (0, successor) and unit.is_active())
    assert unit.show("NRestarts") == "1"


def test_a_service_that_stands_still_is_replaced(unit):
    unit.drop_in("WatchdogSec=10")
    unit.start()
    before = unit.pid()
    unit.signal("SIGSTOP")
    wait_until("another process", lambda: unit.pid() not in (0, before) and unit.is_active())
    assert "Watchdog timeout" in unit.said()


def test_a_service_that_crashes_again_and_again_comes_back(unit, token):
    unit.start(SOCKET, SERVICE)
    for count in range(1, 7):
        before = unit.pid()
        unit.signal("SIGSEGV")
        wait_until("the restart", lambda: unit.pid() not in (0, before) and unit.is_active())
        assert unit.show("NRestarts") == str(count)
    assert ask_socket(token).status == 200


def test_a_bad_configuration_fails_the_start_and_is_told(unit):
    unit.write_text("policies: [")
    assert systemctl("start", SERVICE, succeeds=False).returncode != 0
    assert "jwkeep.yaml:2:1: not YAML" in unit.said() and not unit.is_active()


def test_who_waits_is_answered_once_a_bad_configuration_is_repaired(unit, token):
    unit.write_text("policies: [")
    unit.start(SOCKET)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(ask_socket(token).status))
    waiting.start()
    wait_until("some trials", lambda: unit.counted("NRestarts") > 1)
    unit.write()
    waiting.join()
    assert answers == [200] and unit.is_active()


def test_the_end_answers_who_waits_and_tells_its_figures(unit, issuer, token):
    issuer.gate.clear()
    unit.write({**unit.settings, "start": "lazy", "workers": 1})
    unit.start()
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(verify(token).status))
    waiting.start()
    wait_until("the wait", lambda: json.loads(admin("/status").body)["parked"] == 1)
    stopping = subprocess.Popen(["systemctl", "stop", SERVICE])
    wait_until("the drain", lambda: unit.show("ActiveState") == "deactivating")
    issuer.gate.set()
    waiting.join()
    assert stopping.wait(DEADLINE_S) == 0 and answers == [200]
    assert unit.show("Result") == "success" and unit.show("ExecMainStatus") == "0"
    ended = next(line for line in unit.said().splitlines() if "event=ended" in line)
    assert " requests=1 " in ended and " cut=0 " in ended, ended
    assert "event=draining connections=1 parked=1" in unit.said()


def test_the_terminals_view_and_the_log_work(unit, program, token):
    unit.start()
    wait_until_ready()
    done = program.run("top", ADMIN, "--once")
    assert done.returncode == 0 and b"main" in done.stdout, done
    assert_refused(verify(token[:-8] + "AAAAAAAA"))
    wait_until("the refusal in the journal", lambda: "event=refused" in unit.said())


def test_the_journal_knows_how_grave_a_line_is(unit, issuer):
    issuer.status = 500
    unit.start()
    wait_until("the warning", lambda: "event=keys_failed" in unit.said("-p", "warning"))
    assert "event=started" in unit.said("-p", "info")
    assert "event=started" not in unit.said("-p", "warning")
    assert "<" not in unit.said("-t", "jwkeep")


def test_keys_are_asked_for_by_name_over_tls(unit, issuer, name_server, token):
    before = name_server.asked
    unit.start()
    wait_until_ready()
    assert verify(token).status == 200
    assert issuer.downloads == 1 and name_server.asked > before


def test_events_reach_a_receiver(unit):
    secret = pathlib.Path("/etc/jwkeep/webhook.secret")
    secret.write_text(SECRET + "\n", encoding="ascii")
    secret.chmod(0o600)
    unit.drop_in(f"LoadCredential=webhook:{secret}")
    with Receiver() as receiver:
        unit.settings["webhook"] = {"url": receiver.url, "allows_http_loopback": True,
                                    "secret_file": "${CREDENTIALS_DIRECTORY}/webhook",
                                    "events": ["started"]}
        unit.write()
        unit.start()
        assert receiver.wait_for("started", 1)[0].is_signed_with(SECRET)


def test_a_snapshot_outlives_the_process(unit, issuer, token):
    unit.settings["issuers"][0]["source"]["snapshot_file"] = "/var/lib/jwkeep/main.json"
    unit.write()
    unit.start()
    wait_until_ready()
    file = pathlib.Path("/var/lib/private/jwkeep/main.json")
    wait_until("the snapshot", file.exists)
    assert file.stat().st_mode & 0o777 == 0o600
    systemctl("stop", SERVICE)
    issuer.status = 500
    unit.start()
    assert verify(token).status == 200
    assert "event=keys_restored" in unit.said()


def test_a_secret_comes_as_a_credential(unit, issuer):
    secret = pathlib.Path("/etc/jwkeep/api-key")
    secret.write_text("s3cr3t-of-the-trial\n", encoding="ascii")
    secret.chmod(0o600)
    unit.drop_in(f"LoadCredential=api-key:{secret}")
    unit.settings["issuers"][0]["source"]["request_headers"] = [
        {"name": "X-Api-Key", "value_file": "${CREDENTIALS_DIRECTORY}/api-key"}]
    unit.write()
    unit.start()
    wait_until_ready()
    assert issuer.asked["X-Api-Key"] == "s3cr3t-of-the-trial"
    systemctl("reload", SERVICE)
    wait_until("the reload", lambda: "event=reloaded" in unit.said())
    unit.upgrade()
    wait_until_ready()
    assert "s3cr3t" not in unit.said()

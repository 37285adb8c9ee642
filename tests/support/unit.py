# SPDX-License-Identifier: Apache-2.0
"""Owns the installed units jwkeep.service and jwkeep.socket of the machine that the tests run on,
their configuration and their journal."""
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess

from support.program import DEADLINE_S, Answer, wait_until

SERVICE, SOCKET = "jwkeep.service", "jwkeep.socket"
SOCKET_FILE = "/run/jwkeep/verify.sock"
CONFIGURATION = pathlib.Path("/etc/jwkeep/jwkeep.yaml")
STATE = pathlib.Path("/var/lib/private/jwkeep")
DROP_IN = pathlib.Path(f"/run/systemd/system/{SERVICE}.d/trial.conf")
LISTEN, ADMIN = "127.0.0.1:8080", "127.0.0.1:9090"


def systemctl(*words, succeeds=True):
    done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False,
                          timeout=2 * DEADLINE_S)
    assert not succeeds or done.returncode == 0, (words, done, journal())
    return done


def journal(*words):
    return subprocess.run(["journalctl", "--no-pager", "-u", SERVICE, *words],
                          capture_output=True, text=True, check=True).stdout


class SocketConnection(http.client.HTTPConnection):
    """HTTP over the file of the socket unit."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(DEADLINE_S)
        self.sock.connect(SOCKET_FILE)


def ask_socket(token):
    """One request, on a connection of its own."""
    connection = SocketConnection("localhost")
    try:
        connection.request("GET", "/verify", headers={"Authorization": f"Bearer {token}"})
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Unit:
    """The service as systemd runs it. `write`, `start`, look at it, `clean`."""

    def __init__(self):
        self.cursor = None
        self.settings = {}

    def clean(self):
        """Nothing of it runs, and nothing that a test put down is left."""
        systemctl("stop", SOCKET, SERVICE)
        shutil.rmtree(DROP_IN.parent, ignore_errors=True)
        systemctl("daemon-reload")
        systemctl("reset-failed", SOCKET, SERVICE, succeeds=False)
        if STATE.exists():
            for file in STATE.iterdir():
                file.unlink()
        last = json.loads(subprocess.run(["journalctl", "-n", "1", "-o", "json"], check=True,
                                         capture_output=True).stdout)
        self.cursor = last["__CURSOR"]

    def write(self, settings=None):
        self.settings = settings or self.settings
        self.write_text(json.dumps(self.settings))

    def write_text(self, text):
        CONFIGURATION.write_text(text, encoding="utf-8")
        CONFIGURATION.chmod(0o644)

    def drop_in(self, *lines):
        DROP_IN.parent.mkdir(parents=True, exist_ok=True)
        DROP_IN.write_text("\n".join(("[Service]", *lines, "")), encoding="utf-8")
        systemctl("daemon-reload")

    def start(self, *units):
        systemctl("start", *(units or (SERVICE,)))

    def show(self, name, unit=SERVICE):
        return systemctl("show", "-P", name, unit).stdout.strip()

    def pid(self):
        return int(self.show("MainPID"))

    def is_active(self):
        return self.show("ActiveState") == "active"

    def said(self, *words):
        """Its lines in the journal since it was cleaned, systemd's own among them."""
        return journal("--after-cursor", self.cursor, "-o", "cat", *words)

    def signal(self, name):
        systemctl("kill", "-s", name, "--kill-whom=main", SERVICE)

    def upgrade(self):
        """Gives the new main process, once systemd knows of it and the old one is gone."""
        before = self.pid()
        self.signal("SIGUSR2")

        def successor():
            pid = self.pid()
            return pid if pid not in (0, before) and not os.path.exists(f"/proc/{before}") else 0

        return wait_until("the new main process", successor)

    def counted(self, name):
        return int(self.show(name) or 0)

# SPDX-License-Identifier: Apache-2.0
"""jwkeep top: once, and live in a pseudo-terminal."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios

import pytest

from support.program import DEADLINE_S, wait_until

HOSTILE = "\u001b]0;pwned\u0007\u001b[2Jkid"


@pytest.fixture
def watched(configure):
    service = configure()
    wait_until("the keys", lambda: service.status()["issuers"][0]["keys"])
    return service


def test_prints_once_where_no_terminal_is(program, watched):
    for address in (watched.addresses["admin"], f"http://{watched.addresses['admin']}/"):
        done = program.run("top", address)
        assert done.returncode == 0, done
        text = done.stdout.decode()
        assert "All is well." in text and "main  ok  1 key" in text and "  first " in text
        assert "\033" not in text


def test_the_status_is_1_while_an_alarm_stands_and_3_without_an_answer(program, configure,
                                                                       issuer):
    issuer.status = 500
    service = configure()
    wait_until("the alarm", lambda: service.status()["alarms"])
    done = program.run("top", service.addresses["admin"], "--once")
    assert done.returncode == 1 and b"! alarm    main: No keys yet." in done.stdout, done
    service.stop()
    done = program.run("top", service.addresses["admin"])
    assert done.returncode == 3 and not done.stdout, done
    address = service.addresses["admin"].encode()
    assert done.stderr.startswith(b"jwkeep: " + address + b": nobody answers"), done


@pytest.mark.parametrize("address", ["", "nowhere", "host:", "host:0", "host:65536", "a/b:80",
                                     "https://127.0.0.1:9090", "1:2:3", "unix:",
                                     "unix:" + "a" * 200])
def test_refuses_what_is_no_address(program, address):
    assert program.run("top", address).returncode == 2


def test_speaks_over_a_unix_socket(program, serve, issuer, key, tmp_path):
    issuer.keys = [key.public]
    service = serve("--issuer", issuer.url, "--audience", "api", "--allow-http-loopback",
                    "--admin", f"unix:{tmp_path}/admin.sock")
    done = program.run("top", service.addresses["admin"])
    assert b"requests/s" in done.stdout, done


def test_another_server_is_no_service(program, issuer):
    done = program.run("top", issuer.url)
    assert done.returncode == 3 and not done.stdout, done
    assert done.stderr.startswith(b"jwkeep: " + issuer.url.encode()), done
    assert b"answer" in done.stderr, done


def test_a_hostile_kid_does_not_reach_the_terminal(program, configure, issuer, key):
    issuer.keys = [dict(key.public, kid=HOSTILE)]
    service = configure()
    issuer.keys = [dict(key.public, kid=HOSTILE)]
    service.post("/refresh/main")
    wait_until("the kid", lambda: any(one.get("kid") == HOSTILE
                                      for one in service.status()["issuers"][0]["keys"]))
    done = program.run("top", service.addresses["admin"])
    assert b"\\x1b]0;pwned\\x07" in done.stdout and b"\033" not in done.stdout, done


class Terminal:
    """A program in a pseudo-terminal; `screen` is what it wrote."""

    def __init__(self, words, rows=24):
        self.ours, theirs = pty.openpty()
        self.resize(rows)
        self.before = termios.tcgetattr(theirs)
        self.process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs,
                                        start_new_session=True, preexec_fn=self.own)
        self.theirs = theirs
        self.screen = b""

    @staticmethod
    def own():
        """Makes it the controlling terminal, so that Ctrl-C and another size are told."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def resize(self, rows):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))

    def read(self):
        while select.select([self.ours], [], [], 0)[0]:
            self.screen += os.read(self.ours, 65536)
        return self.screen

    def wait_for(self, word):
        wait_until(word, lambda: word in self.read())

    def frame_lines(self):
        """Lines of the last whole frame."""
        frames = self.read().split(b"\033[H")
        whole = [one for one in frames if b"q quits" in one]
        return whole[-1].count(b"\033[K\r\n") if whole else 0

    def end(self):
        status = self.process.wait(DEADLINE_S)
        self.read()
        restored = termios.tcgetattr(self.theirs) == self.before
        os.close(self.ours)
        os.close(self.theirs)
        return status, restored


@pytest.mark.parametrize("how", ["q", "ctrl-c", "terminate"])
def test_is_live_and_leaves_the_terminal_as_it_was(program, watched, issuer, make_key, how):
    terminal = Terminal([program.path, "top", watched.addresses["admin"], "--interval", "1"])
    terminal.wait_for(b"first")
    issuer.keys = [make_key("second").public, *issuer.keys]
    watched.post("/refresh/main")
    if how == "q":
        terminal.wait_for(b"q quits")
        os.write(terminal.ours, b"q")
    elif how == "ctrl-c":
        os.write(terminal.ours, b"\x03")
    else:
        terminal.process.send_signal(signal.SIGTERM)
    assert terminal.end() == (0, True)
    assert terminal.screen.rstrip().endswith(b"\033[?7h\033[?25h\033[?1049l")


def test_keeps_within_the_terminal_and_follows_its_size(program, configure, file, key):
    keys = file({"keys": [key.public]})
    service = configure(settings={
        "issuers": [{"name": f"i{i}", "issuer": f"https://i{i}.example", "keys_file": keys}
                    for i in range(60)],
        "policies": [{"name": "default", "audiences": ["api"]}]})
    terminal = Terminal([program.path, "top", service.addresses["admin"], "--interval", "3600"],
                        rows=12)
    wait_until("a frame", lambda: terminal.frame_lines() == 11)
    terminal.resize(30)
    wait_until("a larger one", lambda: terminal.frame_lines() == 29)
    os.write(terminal.ours, b"q")
    assert terminal.end() == (0, True)


def test_says_when_the_service_is_gone_and_goes_on(program, watched):
    terminal = Terminal([program.path, "top", watched.addresses["admin"], "--interval", "1"])
    terminal.wait_for(b"first")
    watched.stop()
    terminal.wait_for(b"nobody answers there")
    assert terminal.process.poll() is None
    os.write(terminal.ours, b"q")
    assert terminal.end() == (0, True)

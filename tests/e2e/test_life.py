# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve under a service manager: what it tells, the sockets it is given, its end."""
import http.client
import json
import os
import signal
import socket
import subprocess
import threading

import pytest

from support.configured import settings_for
from support.program import DEADLINE_S, ask, wait_until
from support.verdict import AUDIENCE


def policy(**more):
    return {"name": "default", "audiences": [AUDIENCE], **more}


def test_tells_that_it_is_ready_reloads_and_stops(manager, configure, sign, key, claims):
    service = configure(policy())
    assert manager.hear() == ["READY=1"]
    assert service.verify(sign(key, claims)).status == 200
    for text, told in ((None, ""), ("{", "jwkeep.yaml:2:1: not YAML"), (None, ""),
                       ('{"a\\nMAINPID=1": 1}', "a?MAINPID=1")):
        service.write(text)
        service.hang_up()
        said = manager.hear_of("RELOADING=1")
        assert said[1].startswith("MONOTONIC_USEC=") and int(said[1].split("=")[1]) > 0
        ready, status = manager.hear()
        assert ready == "READY=1" and told in status, status
        assert status.startswith("STATUS=" + ("The earlier configuration stays: " if told else ""))
    service.stop()
    assert manager.hear_of("STOPPING=1")


def test_an_abstract_socket_is_told_too(configure, monkeypatch):
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    name = f"jwkeep-test-{os.getpid()}"
    heard.bind("\0" + name)
    heard.settimeout(DEADLINE_S)
    monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
    configure(policy())
    assert heard.recv(100) == b"READY=1"
    heard.close()


def test_feeds_the_watchdog(manager, configure, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    configure(policy())
    for _ in range(3):
        manager.hear_of("WATCHDOG=1")


def test_feeds_no_watchdog_of_another_process(manager, configure, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    service = configure(policy())
    service.hang_up()
    service.stop()
    said = []
    while "STOPPING=1" not in said:
        said += manager.hear()
    assert "WATCHDOG=1" not in said


def listening(family, address):
    it = socket.socket(family, socket.SOCK_STREAM)
    it.bind(address)
    it.listen(64)
    return it


def start_with_sockets(program, words, sockets, names):
    """Starts it as systemd would: the sockets from 3 on, $LISTEN_PID its own."""
    count = len(sockets)
    script = (f'export LISTEN_PID=$$ LISTEN_FDS={count} LISTEN_FDNAMES={":".join(names)}; '
              'exec "$@"')

    def hand_over():
        high = [os.dup2(each.fileno(), 100 + i) for i, each in enumerate(sockets)]
        for i, each in enumerate(high):
            os.dup2(each, 3 + i)
            os.close(each)

    return subprocess.Popen(["/bin/sh", "-c", script, "sh", program.path, *words],
                            close_fds=False, preexec_fn=hand_over,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_serves_on_sockets_that_it_is_given(program, issuer, key, sign, claims, tmp_path):
    issuer.keys = [key.public]
    path = str(tmp_path / "verify.sock")
    tcp = listening(socket.AF_INET, ("127.0.0.1", 0))
    unix = listening(socket.AF_UNIX, path)
    admin = listening(socket.AF_INET, ("127.0.0.1", 0))
    words = ["serve", "--jwks", issuer.jwks_url, "--iss", issuer.url, "--audience", AUDIENCE,
             "--allow-http-loopback"]
    address = "127.0.0.1:%d" % tcp.getsockname()[1]
    # Who connects before it runs waits in the queue, and is answered.
    early = []
    token = sign(key, claims)
    thread = threading.Thread(target=lambda: early.append(ask(
        address, "GET", "/verify", [("Authorization", f"Bearer {token}")])))
    thread.start()
    process = start_with_sockets(program, words, [tcp, admin, unix], ["web", "admin", "web"])
    thread.join()
    assert early[0].status == 200
    assert ask("127.0.0.1:%d" % admin.getsockname()[1], "GET", "/healthz").status == 200
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(DEADLINE_S)
    client.connect(path)
    client.sendall(b"GET /verify HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.recv(100).startswith(b"HTTP/1.1 401")
    client.close()
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=DEADLINE_S)[0].decode()
    assert process.returncode == 0, output
    assert f"unix:{path}" in output and address in output
    assert os.path.exists(path), "the file of the socket is its owner's"
    for each in (tcp, unix, admin):
        each.close()


def test_refuses_what_is_no_listening_socket(program, issuer):
    pair = socket.socketpair()
    words = ["serve", "--jwks", issuer.jwks_url, "--iss", issuer.url, "--allow-http-loopback"]
    process = start_with_sockets(program, words, pair[:1], ["x"])
    output = process.communicate(timeout=DEADLINE_S)[0].decode()
    assert process.returncode != 0 and "no listening socket" in output, output
    for each in pair:
        each.close()


def test_refuses_more_sockets_than_it_has_room_for(program, issuer):
    words = ["serve", "--jwks", issuer.jwks_url, "--iss", issuer.url, "--allow-http-loopback",
             "--admin", "127.0.0.1:0"]
    sockets = [listening(socket.AF_INET, ("127.0.0.1", 0)) for _ in range(9)]
    process = start_with_sockets(program, words, sockets, ["web"] * 9)
    output = process.communicate(timeout=DEADLINE_S)[0].decode()
    assert process.returncode == 2 and "too many sockets" in output, output
    for each in sockets:
        each.close()


def test_no_socket_is_served_in_the_clear_where_listeners_have_tls(program, issuer, file,
                                                                   tmp_path):
    names = [str(tmp_path / name) for name in ("tls.pem", "tls.key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=a", "-out",
                    names[0], "-keyout", names[1]], check=True, capture_output=True)
    tls = {"certificate_file": names[0], "key_file": names[1]}
    settings = {**settings_for(issuer), "listeners": [{"address": "127.0.0.1:0", "tls": tls}],
                "admin": {"address": "127.0.0.1:0"}}
    words = ["serve", "--config", file(json.dumps(settings).encode())]
    sockets = [listening(socket.AF_INET, ("127.0.0.1", 0)) for _ in range(2)]
    process = start_with_sockets(program, words, sockets, ["web", "web"])
    output = process.communicate(timeout=DEADLINE_S)[0].decode()
    assert process.returncode == 2 and "as many sockets" in output, output
    for each in sockets:
        each.close()


def test_an_address_in_use_is_told(program, issuer, file):
    taken = listening(socket.AF_INET, ("127.0.0.1", 0))
    address = "127.0.0.1:%d" % taken.getsockname()[1]
    settings = {**settings_for(issuer), "listeners": [{"address": address}],
                "admin": {"address": "127.0.0.1:0"}}
    done = program.run("serve", "--config", file(json.dumps(settings).encode()))
    assert 0 < done.returncode < 128 and b"Address already in use" in done.stderr, done
    taken.close()


def test_the_end_answers_who_waits_and_tells_its_figures(configure, sign, key, claims, issuer):
    service = configure(policy())
    assert service.verify(sign(key, claims)).status == 200
    service.stop_keeping_output()
    assert "event=draining connections=" in service.kept
    ended = next(line for line in service.kept.splitlines() if "event=ended" in line)
    assert " requests=1 " in ended and " cut=0 " in ended, ended


def test_what_does_not_end_in_time_is_cut_and_counted(program, issuer, key, sign, claims,
                                                      configure):
    issuer.gate.clear()
    settings = {"issuers": [{"name": "main", "issuer": issuer.url, "jwks_url": issuer.jwks_url,
                             "source": {"allows_http_loopback": True}}],
                "policies": [policy()], "grace_ms": 300, "wait_ms": 60000}
    service = configure(settings=settings)
    host, port = service.addresses["listen"].split(":")
    with socket.create_connection((host, int(port)), DEADLINE_S) as client:
        token = sign(key, claims)
        client.sendall(f"GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
                       "\r\n".encode())
        wait_until("the wait", lambda: service.status()["parked"] == 1)
        service.stop_keeping_output()
        assert client.recv(10) == b""
    assert " cut=1 " in service.kept and " parked=1 " in service.kept


def test_the_administration_answers_until_the_end(configure, sign, key, claims):
    service = configure(policy())
    assert service.verify(sign(key, claims)).status == 200
    statuses = []

    def look():
        try:
            while True:
                statuses.append(ask(service.addresses["admin"], "GET", "/metrics").status)
        except (OSError, http.client.HTTPException):
            pass

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_until("some answers", lambda: len(statuses) > 20)
    service.stop()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}

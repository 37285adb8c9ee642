# SPDX-License-Identifier: Apache-2.0
"""TLS on a verify listener."""
import socket
import ssl
import subprocess

import pytest

from support.program import DEADLINE_S, wait_until
from support.verdict import AUDIENCE


def make_certificate(folder, name):
    """A certificate of its own for 127.0.0.1, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key), "-out",
                    str(certificate), "-days", "2", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def files(folder):
    return make_certificate(folder, "first")


@pytest.fixture
def service(configure, issuer, files):
    settings = {"issuers": [{"name": "main", "issuer": issuer.url, "jwks_url": issuer.jwks_url,
                             "source": {"allows_http_loopback": True}}],
                "policies": [{"name": "default", "audiences": [AUDIENCE]}],
                "listeners": [{"address": "127.0.0.1:0", "tls": {
                    "certificate_file": str(files[0]), "key_file": str(files[1])}}],
                "admin": {"address": "127.0.0.1:0"},
                "limits": {"request_timeout_ms": 500}}
    return configure(settings=settings, own_listeners=True)


def connect(service, certificate, **changes):
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    for name, value in changes.items():
        setattr(context, name, value)
    host, port = service.addresses["listen"].split(":")
    plain = socket.create_connection((host, int(port)), DEADLINE_S)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def request(token, path="/verify"):
    return (f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n").encode()


def read_answers(connection, count):
    """The status of each of `count` answers without a body."""
    received = b""
    while received.count(b"\r\n\r\n") < count:
        more = connection.recv(65536)
        assert more, received
        received += more
    return [head.split(b" ")[1] for head in received.split(b"\r\n\r\n")[:-1]]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_answers_over_tls(service, files, sign, key, claims, version):
    with connect(service, files[0], maximum_version=version) as connection:
        for _ in range(3):
            connection.sendall(request(sign(key, claims)))
            assert read_answers(connection, 1) == [b"200"]
        connection.sendall(request("x"))
        assert read_answers(connection, 1) == [b"401"]


def test_requests_may_come_in_any_pieces(service, files, sign, key, claims):
    token = sign(key, claims)
    with connect(service, files[0]) as connection:
        for byte in request(token):
            connection.sendall(bytes([byte]))
        assert read_answers(connection, 1) == [b"200"]
        # Many in few records: more than the connection reads, or answers, at a time.
        connection.sendall(request(token) * 500)
        assert read_answers(connection, 500) == [b"200"] * 500


def test_a_request_may_wait_for_keys(service, files, sign, key, claims, issuer, make_key):
    second = make_key("second")
    with connect(service, files[0]) as connection:
        connection.sendall(request(sign(key, claims)))
        assert read_answers(connection, 1) == [b"200"]
        issuer.gate.clear()
        connection.sendall(request(sign(second, claims)) + request("x"))
        wait_until("the wait", lambda: service.status()["parked"] == 1)
        issuer.keys.append(second.public)
        issuer.gate.set()
        assert read_answers(connection, 2) == [b"200", b"401"]


def test_a_reload_changes_the_certificate_and_keeps_connections(service, files, folder, sign,
                                                                key, claims):
    token = sign(key, claims)
    with connect(service, files[0]) as earlier:
        earlier.sendall(request(token))
        assert read_answers(earlier, 1) == [b"200"]
        second = make_certificate(folder, "second")
        for old, new in zip(files, second):
            old.write_bytes(new.read_bytes())
        assert service.reload().status == 200
        with connect(service, second[0]) as later:
            assert later.getpeercert()["subject"] == ((("commonName", "second"),),)
        files[1].write_bytes(b"nothing")
        answer = service.reload()
        assert answer.status == 422 and b"private key" in answer.body, answer
        with connect(service, second[0]) as later:
            later.sendall(request(token))
            assert read_answers(later, 1) == [b"200"]
        earlier.sendall(request(token))
        assert read_answers(earlier, 1) == [b"200"]


def raw(service, data):
    """What comes back to bytes that are no TLS, until the other side closes."""
    host, port = service.addresses["listen"].split(":")
    with socket.create_connection((host, int(port)), DEADLINE_S) as connection:
        connection.sendall(data)
        received = b""
        try:
            while more := connection.recv(4096):
                received += more
        except ConnectionResetError:
            pass
        return received


def test_plain_http_and_nonsense_are_closed(service, files, sign, key, claims):
    for data in (request(sign(key, claims)), b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 70000,
                 b"\x16\x03\x01\0\x05abcde", b"\x80\x2e\x01\0\x02"):
        assert b"HTTP" not in raw(service, data)
    with connect(service, files[0]) as connection:
        connection.sendall(request(sign(key, claims)))
        assert read_answers(connection, 1) == [b"200"]


def test_a_handshake_has_its_time_limit(service):
    assert raw(service, b"\x16\x03\x01\x02\0\x01") == b""
    wait_until("its end", lambda: service.status()["connections"] == 0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions_and_other_protocols_are_turned_away(service, files):
    with pytest.raises(ssl.SSLError):
        connect(service, files[0], minimum_version=ssl.TLSVersion.TLSv1,
                maximum_version=ssl.TLSVersion.TLSv1_1)
    context = ssl.create_default_context(cafile=str(files[0]))
    context.check_hostname = False
    context.set_alpn_protocols(["h2"])
    host, port = service.addresses["listen"].split(":")
    with socket.create_connection((host, int(port)), DEADLINE_S) as plain:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            context.wrap_socket(plain, server_hostname="127.0.0.1")
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection((host, int(port)), DEADLINE_S) as plain:
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            assert connection.selected_alpn_protocol() == "http/1.1"


def test_the_end_says_so(service, files, sign, key, claims):
    with connect(service, files[0]) as connection:
        connection.sendall(request(sign(key, claims)).replace(
            b"Host: a", b"Host: a\r\nConnection: close"))
        received = b""
        while more := connection.recv(4096):
            received += more
        assert received.startswith(b"HTTP/1.1 200")


def test_check_config_looks_at_the_files(program, service, file, folder):
    text = service.file.read_text(encoding="utf-8")
    program.ok("serve", "--config", file(text.encode()), "--check-config")
    for name, says in (("first.pem", b"no certificate"), ("first.key", b"no private key")):
        broken = text.replace(name, "none")
        done = program.run("serve", "--config", file(broken.encode()), "--check-config")
        assert done.returncode == 2 and says in done.stderr, done
    other = make_certificate(folder, "other")
    mixed = text.replace("first.key", other[1].name)
    done = program.run("serve", "--config", file(mixed.encode()), "--check-config")
    assert done.returncode == 2 and b"no private key of the certificate" in done.stderr, done

# SPDX-License-Identifier: Apache-2.0
"""Owns what all Python tests share: the program under test, keys, a scripted issuer."""
import json
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.configured import ConfiguredService, settings_for  # noqa: E402
from support.issuer import ScriptedIssuer  # noqa: E402
from support.manager import Manager  # noqa: E402
from support.program import Program, Service  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true",
                     help="run what needs foreign programs or takes long, too")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--all"):
        return
    skip = pytest.mark.skip(reason="runs under ./test --all")
    for item in items:
        if item.get_closest_marker("foreign") or item.get_closest_marker("long"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def program():
    return Program(str(ROOT / os.environ.get("JWKEEP_PROGRAM", "build/test/bin/jwkeep")))


class Key:
    """A private key in a file, as the program made it, and its public half."""

    def __init__(self, program, folder, name, alg):
        self.alg = alg
        self.path = folder / f"{name}.json"
        self.path.write_bytes(program.ok("jwk", "generate", "--alg", alg, "--kid", name))
        self.path.chmod(0o600)
        self.private = json.loads(self.path.read_bytes())
        self.public = json.loads(program.ok("jwk", "public", stdin=self.path.read_bytes()))


@pytest.fixture(scope="session")
def make_key(program, tmp_path_factory):
    """make_key(name, alg) gives the key of that name, made once a session."""
    folder = tmp_path_factory.mktemp("keys")
    made = {}

    def make(name, alg="ES256"):
        if name not in made:
            made[name] = Key(program, folder, name, alg)
        assert made[name].alg == alg
        return made[name]

    return make


@pytest.fixture
def sign(program):
    """sign(key, claims) gives a compact token."""

    def make(key, claims, *options):
        return program.ok("jwt", "sign", "--key", str(key.path), *options,
                          stdin=json.dumps(claims).encode()).decode().strip()

    return make


@pytest.fixture
def issuer():
    with ScriptedIssuer() as running:
        yield running


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """Hears what services tell that are started from now on."""
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    heard = Manager(path)
    yield heard
    heard.socket.close()


@pytest.fixture
def serve(program, tmp_path):
    """serve(options…) starts a service; all are stopped at the end, and must end well."""
    running = []

    def start(*options):
        service = Service(program, tmp_path / f"ready{len(running)}.json", options)
        running.append(service)
        service.wait_until_ready()
        return service

    yield start
    for service in running:
        service.stop()


@pytest.fixture
def configure(program, issuer, key, tmp_path):
    """configure(policy…, options) starts a service by a file, for the issuer and its key."""
    running = []
    issuer.keys = [key.public]

    def start(*policies, settings=None, options=(), own_listeners=False):
        folder = tmp_path / f"configured{len(running)}"
        folder.mkdir()
        service = ConfiguredService(program, folder,
                                    settings or settings_for(issuer, *policies), options,
                                    own_listeners)
        running.append(service)
        service.wait_until_ready()
        return service

    yield start
    for service in running:
        service.stop()


@pytest.fixture
def file(tmp_path):
    """file(value) gives the name of a file that holds it, as JSON unless it is bytes."""
    count = iter(range(1000))

    def make(value):
        path = tmp_path / f"file{next(count)}"
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        return str(path)

    return make

# SPDX-License-Identifier: Apache-2.0
"""Owns the units of a machine that is there for the trial only (tools/try-systemd), and an issuer
that they find by a name server, over TLS."""
import pathlib
import shutil
import time

import pytest

from support.certificate import Certificate
from support.issuer import ScriptedIssuer
from support.names_server import NamesServer
from support.unit import ADMIN, LISTEN, Unit
from support.verdict import AUDIENCE

MARK = pathlib.Path("/etc/jwkeep/trial")
NAME = "idp.trial.example"
CA_FILE = pathlib.Path("/etc/jwkeep/ca.pem")


@pytest.fixture(scope="session", autouse=True)
def name_server():
    if not MARK.exists():
        pytest.exit("these tests change the machine that they run on: tools/try-systemd", 2)
    with NamesServer(NAME) as running:
        yield running


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    certificate = Certificate(tmp_path_factory.mktemp("tls"), NAME)
    shutil.copy(certificate.file, CA_FILE)
    CA_FILE.chmod(0o644)
    return certificate.context()


@pytest.fixture
def key(make_key):
    return make_key("first")


@pytest.fixture
def issuer(tls, key):
    with ScriptedIssuer(tls, NAME) as running:
        running.keys = [key.public]
        yield running


@pytest.fixture
def token(issuer, key, sign):
    now = int(time.time())
    return sign(key, {"iss": issuer.url, "sub": "alice", "aud": AUDIENCE, "iat": now,
                      "exp": now + 3600})


@pytest.fixture
def unit(issuer):
    """Configured for the issuer; nothing runs yet."""
    it = Unit()
    it.clean()
    it.write({"listeners": [{"address": LISTEN}], "admin": {"address": ADMIN},
              "issuers": [{"name": "main", "issuer": issuer.url,
                           "source": {"ca_file": str(CA_FILE)}}],
              "policies": [{"name": "default", "audiences": [AUDIENCE]}]})
    yield it
    it.clean()

# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve with Debian's glewlwyd as its issuer: its own database in a file, its
administration by HTTP."""
import contextlib
import itertools
import json
import sqlite3
import subprocess
import threading

import pytest

from support.foreign_issuer import (COOLDOWN_S, client_credentials, json_of, kids,
                                    rotate_under_load)
from support.gateway import free_address
from support.program import DEADLINE_S, ask, wait_until
from support.verdict import assert_refused

pytestmark = pytest.mark.foreign

SCHEMA = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
SCOPE = "read"  # and so the audience
SECRET = "a secret of the client"
PLUGIN = "/api/mod/plugin/"
ATTEMPTS = 5  # a port chosen by the system may be taken again before glewlwyd has it
ROTATIONS = 3


def configuration(address, folder):
    port = address.rsplit(":", 1)[1]
    modules = "\n".join(f'{kind}_module_path="/usr/lib/glewlwyd/{name}"' for kind, name in (
        ("user", "user"), ("client", "client"), ("user_auth_scheme", "scheme"),
        ("plugin", "plugin")))
    return f'''
port={port}
bind_address="127.0.0.1"
external_url="http://{address}"
api_prefix="api"
log_mode="console"
log_level="ERROR"
session_key="session"
session_expiration=3600
cookie_same_site="empty"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
admin_scope="g_admin"
profile_scope="g_profile"
hash_algorithm="SHA512"
{modules}
database = {{ type = "sqlite3"; path = "{folder}/database"; }};
'''


class Glewlwyd:
    """From entering to leaving the context. `keys` are the private keys, the signing one
    first."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.count = itertools.count(1)
        self.keys = []
        self.cookie = None
        self.turn = threading.Lock()

    def __enter__(self):
        with contextlib.closing(sqlite3.connect(self.folder / "database")) as database:
            with open(SCHEMA, encoding="utf-8") as schema:
                database.executescript(schema.read())
            database.commit()
        for _ in range(ATTEMPTS):
            self.start()
            if self.process.poll() is None:
                self.set_up()
                return self
        raise AssertionError((self.folder / "log").read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE_S)

    def start(self):
        self.address = free_address()
        self.url = f"http://{self.address}/api/oidc"
        (self.folder / "conf").write_text(configuration(self.address, self.folder))
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["glewlwyd", f"--config-file={self.folder}/conf"], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until("glewlwyd", self.answers)

    def answers(self):
        try:
            return self.process.poll() is not None or ask(self.address, "GET", "/config")
        except OSError:
            return False

    def administer(self, method, path, value=None):
        headers = [("Content-Type", "application/json")]
        if self.cookie:
            headers.append(("Cookie", self.cookie))
        body = b"" if value is None else json.dumps(value).encode()
        answer = ask(self.address, method, path, headers, body)
        assert answer.status == 200, (method, path, answer)
        return answer

    def set_up(self):
        answer = self.administer("POST", "/api/auth/", {"username": "admin",
                                                        "password": "password"})
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        self.add_key("ES256")
        self.administer("POST", PLUGIN, self.plugin())
        self.administer("POST", "/api/scope/", {
            "name": SCOPE, "display_name": SCOPE, "description": SCOPE,
            "password_required": False, "scheme": {}})
        self.administer("POST", "/api/client/", {
            "client_id": "client", "name": "client", "confidential": True, "enabled": True,
            "password": SECRET, "scope": [SCOPE], "redirect_uri": [],
            "authorization_type": ["client_credentials"],
            "token_endpoint_auth_method": ["client_secret_basic"]})

    def add_key(self, alg):
        name = f"{alg}-{next(self.count)}"
        key = json.loads(self.program.ok("jwk", "generate", "--alg", alg, "--kid", name))
        self.keys.insert(0, key)
        return name

    def plugin(self):
        kinds = {f"auth-type-{kind}-enabled": kind == "client" for kind in (
            "client", "code", "token", "id-token", "none", "password", "refresh")}
        return {"module": "oidc", "name": "oidc", "display_name": "oidc", "parameters": {
            **kinds, "iss": self.url, "jwks-private": json.dumps({"keys": self.keys}),
            "jwks-show": True, "jwt-type": "ecdsa", "jwt-key-size": "256",
            "access-token-duration": 300, "refresh-token-duration": 300, "code-duration": 300,
            "refresh-token-rolling": False, "allow-non-oidc": True, "subject-type": "public"}}

    def take_keys(self):
        """Glewlwyd reads its keys when the plugin begins, and ends it before. A request amid that
        may hang it for good, so they take turns."""
        self.administer("PUT", PLUGIN + "oidc", self.plugin())
        with self.turn:
            self.administer("PUT", PLUGIN + "oidc/reset")

    def rotate(self, alg):
        name = self.add_key(alg)
        self.take_keys()
        return name

    def token(self):
        with self.turn:
            return client_credentials(self.address, "/api/oidc/token", "client", SECRET,
                                      scope=SCOPE)


@pytest.fixture
def glewlwyd(program, tmp_path):
    with Glewlwyd(program, tmp_path) as running:
        yield running


@pytest.fixture
def service(serve, glewlwyd):
    return serve("--issuer", glewlwyd.url, "--audience", SCOPE, "--typ", "at+jwt",
                 "--allow-http-loopback", "--cooldown", str(COOLDOWN_S))


def test_its_access_tokens_pass(service, glewlwyd):
    answer = service.verify(glewlwyd.token())
    assert answer.status == 200, answer
    assert answer.headers["X-Auth-Subject"] == "client"
    assert answer.headers["X-Auth-Issuer"] == glewlwyd.url
    assert answer.headers["X-Auth-Scope"] == SCOPE
    assert kids(service) == {"ES256-1"}


def test_nothing_fails_while_it_rotates_under_load(service, glewlwyd):
    """From one algorithm to another, too."""
    algorithms = itertools.cycle(["RS256", "ES384", "PS256"])
    rotate_under_load(service, glewlwyd.token, lambda: glewlwyd.rotate(next(algorithms)),
                      ROTATIONS)
    assert len(kids(service)) == ROTATIONS + 1


def test_tokens_of_retired_keys_are_refused(service, glewlwyd):
    old = glewlwyd.token()
    assert service.verify(old).status == 200
    glewlwyd.keys.clear()
    glewlwyd.rotate("ES256")
    assert service.verify(glewlwyd.token()).status == 200
    assert_refused(service.verify(old))


def test_its_discovery_document_leads_to_its_keys(program, glewlwyd):
    document = json_of(ask(glewlwyd.address, "GET", "/api/oidc/.well-known/openid-configuration"))
    assert document["issuer"] == glewlwyd.url
    fetched = json.loads(program.ok("jwks", "fetch", "--allow-http-loopback",
                                    document["jwks_uri"]))
    assert [key["kid"] for key in fetched["keys"]] == ["ES256-1"]

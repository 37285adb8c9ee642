# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve with npm oidc-provider as its issuer."""
import itertools
import json
import subprocess

import pytest

from support import forge
from support.foreign_issuer import COOLDOWN_S, client_credentials, rotate_under_load
from support.gateway import ROOT
from support.verdict import AUDIENCE, assert_refused

pytestmark = pytest.mark.foreign

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
ROTATIONS = 5


class OidcProvider:
    """The process; commands go to it by line."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["node", str(ROOT / "tests/interop/oidc_provider.mjs")], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.url = self.read()["url"]
        self.address = self.url.removeprefix("http://")

    def read(self):
        return json.loads(self.process.stdout.readline())

    def command(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.read()

    def token(self, alg, scope="read write"):
        return client_credentials(self.address, "/token", "client", "secret", scope=scope,
                                  resource=f"urn:api:{alg}")

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0
        self.process.stdout.close()


@pytest.fixture
def provider():
    running = OidcProvider()
    yield running
    running.close()


@pytest.fixture
def service(serve, provider):
    return serve("--issuer", provider.url, "--audience", AUDIENCE, "--typ", "at+jwt",
                 "--allow-http-loopback", "--cooldown", str(COOLDOWN_S))


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_its_access_tokens_pass(service, provider, alg):
    token = provider.token(alg, "read")
    answer = service.verify(token)
    assert answer.status == 200, answer
    assert answer.headers["X-Auth-Subject"] == "client"
    assert answer.headers["X-Auth-Issuer"] == provider.url
    assert answer.headers["X-Auth-Scope"] == "read"
    header = json.loads(forge.decode(token.split(".")[0]))
    assert (header["alg"], header["typ"]) == (alg, "at+jwt")


def test_its_key_set_has_a_key_for_each_algorithm(provider, program):
    lines = program.ok("jwks", "fetch", "--allow-http-loopback", provider.url + "/jwks")
    assert sorted(key["alg"] for key in json.loads(lines)["keys"]) == sorted(ALGORITHMS)


def test_nothing_fails_while_it_rotates_under_load(service, provider):
    algorithms = itertools.cycle(ALGORITHMS)  # next() of it is atomic
    rotate_under_load(service, lambda: provider.token(next(algorithms)),
                      lambda: f"ES256-{provider.command('rotate')['generation']}", ROTATIONS)


def test_tokens_of_retired_keys_are_refused(service, provider):
    old = provider.token("ES256")
    assert service.verify(old).status == 200
    provider.command("retire")
    assert service.verify(provider.token("ES256")).status == 200
    assert_refused(service.verify(old))

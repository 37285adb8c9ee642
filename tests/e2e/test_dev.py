# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve --dev and jwkeep dev-issuer: what a newcomer tries first."""
import json
import urllib.parse

import pytest

from support.program import Background, ask


@pytest.fixture
def dev(serve):
    return serve("--dev", "--dev-listen", "127.0.0.1:0")


def post(address, path, **form):
    answer = ask(address, "POST", path,
                 [("Content-Type", "application/x-www-form-urlencoded")],
                 urllib.parse.urlencode(form).encode())
    assert answer.status == 200, answer
    return json.loads(answer.body)


def stats(address):
    return json.loads(ask(address, "GET", "/stats").body)


def test_its_own_token_passes(dev):
    token = post(dev.addresses["dev"], "/token", sub="bob", scope="read")["access_token"]
    answer = dev.verify(token)
    assert answer.status == 200, answer
    assert answer.headers["X-Auth-Subject"] == "bob"
    assert answer.headers["X-Auth-Scope"] == "read"


def test_says_that_it_is_not_for_production(dev):
    assert "not for production" in dev.output()
    assert "curl" in dev.output()
    assert dev.addresses["listen"] in dev.output()


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_signs_with_each_algorithm(dev, alg):
    token = post(dev.addresses["dev"], "/token", alg=alg)["access_token"]
    assert dev.verify(token).status == 200


def test_an_expired_token_does_not_pass(dev):
    token = post(dev.addresses["dev"], "/token", ttl="-10")["access_token"]
    assert dev.verify(token).status == 401


def test_a_token_for_somebody_else_does_not_pass(dev):
    token = post(dev.addresses["dev"], "/token", aud="somebody-else")["access_token"]
    assert dev.verify(token).status == 401


def test_a_rotation_is_followed_at_once(dev):
    issuer = dev.addresses["dev"]
    old = post(issuer, "/token")["access_token"]
    assert dev.verify(old).status == 200
    before = stats(issuer)["downloads"]
    post(issuer, "/rotate")
    new = post(issuer, "/token")["access_token"]
    assert dev.verify(new).status == 200
    assert dev.verify(old).status == 200
    assert stats(issuer)["downloads"] == before + 1


def test_a_rotation_raises_no_alarm(dev):
    post(dev.addresses["dev"], "/rotate")
    assert dev.verify(post(dev.addresses["dev"], "/token")["access_token"]).status == 200
    status = dev.status()
    assert [(one["health"], len(one["keys"])) for one in status["issuers"]] == [("ok", 8)]
    assert not status["alarms"]


def test_a_retired_key_is_refused(dev):
    issuer = dev.addresses["dev"]
    old = post(issuer, "/token")["access_token"]
    assert dev.verify(old).status == 200
    post(issuer, "/rotate", retire="1")
    assert dev.verify(post(issuer, "/token")["access_token"]).status == 200
    assert dev.verify(old).status == 401


def test_the_issuer_works_alone(program, tmp_path):
    issuer = Background(program, tmp_path / "ready.json",
                        ["dev-issuer", "--listen", "127.0.0.1:0"])
    issuer.wait_until_ready()
    try:
        address = issuer.addresses["dev"]
        answer = post(address, "/token", sub="carol")
        assert answer["token_type"] == "Bearer"
        claims = json.loads(program.ok(
            "jwt", "verify", "--issuer", f"http://{address}", "--allow-http-loopback",
            stdin=answer["access_token"].encode()))
        assert claims["sub"] == "carol"
        found = json.loads(ask(address, "GET", "/.well-known/openid-configuration").body)
        assert found["issuer"] == f"http://{address}"
    finally:
        issuer.stop()

# SPDX-License-Identifier: Apache-2.0
"""Issuers that are accepted when a token names them, beside configured ones and without any; by
options and by a file. None has keys here: their names lead to this machine, which no token may have
asked (503). Of a name that no pattern stands for, nothing is believed (401)."""
import json

import pytest

from support.cli import USAGE, refuses
from support.program import DEADLINE_S

PATTERN = "https://*.idp.localhost"
TENANT = "https://tenant.idp.localhost"
STRANGER = "https://tenant.other.localhost"
AUDIENCE = ("--audience", "api")


@pytest.fixture(params=["options", "file"])
def alone(request, serve, configure):
    """A service without a configured issuer."""
    if request.param == "options":
        return serve("--accept-issuer", "https://login.localhost/*", "--accept-issuer", PATTERN,
                     *AUDIENCE, "--allow-no-exp", "--start", "required")
    return configure(settings={
        "start": "required",
        "policies": [{"name": "default", "audiences": ["api"], "allow_no_exp": True,
                      "accepted_issuers": {"patterns": ["https://login.localhost/*", PATTERN]}}]})


def told(service):
    return json.loads(service.admin("/status").body)["accepted_issuers"]


def test_a_tenant_is_looked_for_and_a_stranger_is_not(alone, sign, key, claims):
    assert alone.verify(sign(key, {**claims, "iss": STRANGER})).status == 401
    assert told(alone) == []
    for iss in (TENANT, "https://login.localhost/one"):
        assert alone.verify(sign(key, {**claims, "iss": iss})).status == 503
    assert {each["issuer"] for each in told(alone)} == {TENANT, "https://login.localhost/one"}
    assert {each["last_error"] for each in told(alone)} == {"transport_connect"}


def test_without_configured_issuers_all_that_lists_them_is_empty(alone):
    assert alone.admin("/readyz").status == 200
    assert json.loads(alone.admin("/status").body)["issuers"] == []
    assert alone.get("/jwks/default").status == 404
    assert alone.post("/refresh/default").status == 404
    assert alone.admin("/").status == 200
    assert b"jwkeep_source_keys{" not in alone.admin("/metrics").body


def test_a_file_may_gain_and_lose_its_issuers(configure, issuer, sign, key, claims):
    accepted = {"name": "default", "audiences": ["api"],
                "accepted_issuers": {"patterns": [PATTERN]}}
    main = {"name": "main", "issuer": issuer.url, "jwks_url": issuer.jwks_url,
            "source": {"allows_http_loopback": True}}
    service = configure(settings={"issuers": [], "policies": [accepted]})
    token = sign(key, claims)
    for issuers, status in (([main], 200), ([], 401), ([main], 200)):
        service.settings = {"issuers": issuers, "policies": [accepted]}
        service.write()
        assert service.reload().status == 200
        assert service.verify(token).status == status
        assert service.verify(sign(key, {**claims, "iss": TENANT})).status == 503


def test_options_beside_a_configured_issuer(serve, issuer, sign, key, claims):
    issuer.keys = [key.public]
    service = serve("--issuer", issuer.url, *AUDIENCE, "--allow-http-loopback",
                    "--accept-issuer", PATTERN, "--accept-max", "2", "--accept-max-unloaded", "1",
                    "--accept-idle", "60")
    assert service.verify(sign(key, claims)).status == 200
    assert service.verify(sign(key, {**claims, "iss": TENANT})).status == 503
    assert service.verify(sign(key, {**claims, "iss": "https://b.idp.localhost"})).status == 503
    assert [each["issuer"] for each in told(service)] == [TENANT]
    assert service.metric('jwkeep_accepted_names_total{policy="default",result="busy"}') == 1


def test_what_happens_at_a_tenant_is_not_told_of_the_configured_issuer(serve, issuer, sign, key,
                                                                        claims):
    issuer.keys = [key.public]
    service = serve("--issuer", issuer.url, *AUDIENCE, "--allow-http-loopback",
                    "--accept-issuer", PATTERN)
    assert service.verify(sign(key, claims)).status == 200
    assert service.verify(sign(key, {**claims, "iss": TENANT})).status == 503
    service.process.terminate()
    service.process.wait(DEADLINE_S)
    assert "event=keys_refreshed issuer=default" in service.output()
    assert "keys_failed" not in service.output()


@pytest.mark.parametrize("words, says", [
    (("--accept-issuer", "https://a*.b.example", *AUDIENCE), "--accept-issuer: not a plain https"),
    (("--accept-issuer", "http://b.example", *AUDIENCE), "--accept-issuer: not a plain https"),
    (("--accept-issuer", PATTERN), "needs --audience"),
    (("--jwks", "https://i.example/j", "--iss", "https://i.example", "--accept-issuer", PATTERN),
     "needs --audience"),
    (("--issuer", "https://i.example", *AUDIENCE, "--accept-idle", "60"), "--accept-issuer"),
    (("--accept-issuer", PATTERN, *AUDIENCE, "--accept-max", "10001"), "1 to 10000"),
    (("--accept-issuer", PATTERN, *AUDIENCE, "--accept-max-unloaded", "0"), "1 to 10000"),
    (("--accept-issuer", PATTERN, *AUDIENCE, "--accept-idle", "59"), "60 to 604800"),
    (("--config", "x.yaml", "--accept-issuer", PATTERN), "stands in the file"),
])
def test_says_what_is_wrong_with_the_options(program, words, says):
    refuses(program, USAGE, "serve", *words, says=says)

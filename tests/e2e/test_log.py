# SPDX-License-Identifier: Apache-2.0
"""The log of jwkeep serve: its lines, and that no token is ever among them."""
import json
import os
import subprocess

import pytest

from support import forge
from support.program import DEADLINE_S, wait_until
from support.verdict import AUDIENCE


@pytest.fixture
def settings(issuer):
    return {"issuers": [{"name": "main", "issuer": issuer.url, "jwks_url": issuer.jwks_url,
                         "source": {"allows_http_loopback": True}}],
            "policies": [{"name": "default", "audiences": [AUDIENCE]},
                         {"name": "scoped", "audiences": [AUDIENCE], "scopes": ["admin"],
                          "token": {"cookie": "session", "header": "X-Token",
                                    "query": "access_token"}},
                         {"name": "ruled", "audiences": [AUDIENCE], "gateway": "nginx",
                          "rules": [{"path": "/deny", "action": "deny"}]}]}


def lines_of(service):
    return [json.loads(line) for line in service.output().splitlines() if line.startswith("{")]


def test_every_event_is_a_line_of_json(configure, settings, sign, key, claims):
    settings["log"] = {"format": "json", "level": "debug"}
    service = configure(settings=settings)
    assert service.verify(sign(key, claims)).status == 200
    service.verify(sign(key, {**claims, "exp": claims["iat"] - 1}))
    service.verify(sign(key, claims), path="/verify/scoped")
    service.verify()
    wait_until("the lines", lambda: {"refused", "forbidden", "no_token", "started"} <=
               {line["event"] for line in lines_of(service)})
    by_event = {line["event"]: line for line in lines_of(service)}
    assert by_event["refused"]["reason"] == "token_expired"
    assert by_event["refused"]["policy"] == "default"
    assert by_event["forbidden"]["reason"] == "scope_insufficient"
    assert by_event["forbidden"]["status"] == 403
    assert by_event["keys_refreshed"]["issuer"] == "main"
    assert all({"time", "level", "event", "message"} <= set(line) for line in lines_of(service))


def test_the_level_is_kept_to(configure, settings, sign, key, claims):
    settings["log"] = {"level": "error"}
    service = configure(settings=settings)
    service.verify(sign(key, {**claims, "exp": claims["iat"] - 1}))
    service.write("{")
    service.reload()
    wait_until("the line", lambda: "event=reload_failed" in service.output())
    assert "level=info" not in service.output() and "refused" not in service.output()


def test_a_flood_is_suppressed_and_counted(configure, settings):
    service = configure(settings=settings)
    for _ in range(100):
        service.verify("x.y.z")
    wait_until("the count", lambda: "suppressed=" in service.output())
    assert service.output().count("event=refused") < 100


def test_the_service_ends_although_nobody_reads_its_log(program, tmp_path):
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(theirs, bytes(4096))
    os.set_blocking(theirs, True)
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [program.path, "serve", "--dev", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
         "--dev-listen", "127.0.0.1:0", "--ready-file", str(ready)],
        stdout=subprocess.DEVNULL, stderr=theirs)
    try:
        wait_until("the ready file", ready.exists)
        process.terminate()
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_no_token_is_ever_in_the_log(configure, settings, sign, key, claims, issuer, make_key,
                                     form):
    settings["log"] = {"format": form, "level": "debug"}
    service = configure(settings=settings)
    good = sign(key, claims)
    unknown = sign(make_key("stranger"), claims)
    tokens = [good, forge.with_claim(good, "sub", "mallory"), unknown,
              sign(key, {**claims, "exp": claims["iat"] - 1}),
              sign(key, {**claims, "aud": "other"}), sign(key, {**claims, "iss": "x"}),
              forge.unsigned({"alg": "none"}, claims) + ".AAAAAAAAAAAA", good[:-9], "a" + good]
    for token in tokens:
        for path in ("/verify", "/verify/scoped", "/verify/ruled", f"/verify/{token[:300]}",
                     f"/verify/scoped?access_token={token}"):
            service.verify(token, path=path)
            service.verify(path=path, headers=[("Cookie", f"session={token}")])
            service.verify(path=path, headers=[("X-Token", token), ("X-Token", token)])
            service.verify(token, path=path, headers=[
                ("X-Original-URI", f"/deny?{token}"), ("X-Original-Method", "GET")])
            service.verify(token, path=path, headers=[("X-Original-URI", f"/..?{token}")])
    issuer.status = 500
    service.verify(unknown)
    service.admin(f"/{good}")
    service.stop_keeping_output()
    for token in tokens:
        for part in token.split("."):
            assert len(part) < 9 or part not in service.kept, part
            assert len(part) < 40 or part[4:30] not in service.kept, part

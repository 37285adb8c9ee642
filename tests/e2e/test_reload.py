# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve --config: the file read again, by SIGHUP and by POST /reload."""
import http.client
import json
import threading

import pytest

from support.issuer import ScriptedIssuer
from support.program import DEADLINE_S, ask, wait_until
from support.verdict import AUDIENCE, assert_refused


def policy(name="default", **more):
    return {"name": name, "audiences": [AUDIENCE], **more}


@pytest.mark.parametrize("how", ["reload", "hang_up"])
def test_a_reload_changes_what_passes(configure, sign, key, claims, how):
    service = configure(policy())
    token = sign(key, claims)
    assert service.verify(token).status == 200
    service.settings["policies"] = [policy(audiences=["other"]), policy("new")]
    service.write()
    getattr(service, how)()
    assert_refused(service.verify(token))
    assert service.verify(token, path="/verify/new").status == 200


def test_a_reload_keeps_the_keys_of_an_issuer_that_stays(configure, sign, key, claims, issuer):
    service = configure(policy())
    token = sign(key, claims)
    assert service.verify(token).status == 200 and issuer.downloads == 1
    generation = service.status()["issuers"][0]["generation"]
    issuer.status = 500
    for count in range(5):
        service.settings["policies"] = [policy(leeway_s=count)]
        service.write()
        assert service.reload().status == 200
        assert service.verify(token).status == 200
    assert issuer.downloads == 1
    assert service.status()["issuers"][0]["generation"] == generation


def test_a_source_with_other_options_is_another_one(configure, sign, key, claims, issuer):
    service = configure(policy())
    assert service.verify(sign(key, claims)).status == 200
    service.settings["issuers"][0]["source"]["cooldown_s"] = 7
    service.write()
    assert service.reload().status == 200
    assert service.verify(sign(key, claims)).status == 200
    assert issuer.downloads == 2


def test_issuers_come_and_go(configure, sign, key, claims):
    with ScriptedIssuer() as second:
        second.keys = [key.public]
        service = configure(policy())
        first = service.settings["issuers"][0]
        other = {**first, "name": "second", "issuer": second.url, "jwks_url": second.jwks_url}
        mine, theirs = sign(key, claims), sign(key, {**claims, "iss": second.url})
        for issuers, expected in (([first], (200, 401)), ([first, other], (200, 200)),
                                  ([other], (401, 200)), ([first], (200, 401))):
            service.settings["issuers"] = issuers
            service.write()
            assert service.reload().status == 200
            assert (service.verify(mine).status, service.verify(theirs).status) == expected
            names = [each["name"] for each in service.status()["issuers"]]
            assert names == [each["name"] for each in issuers]


@pytest.mark.parametrize("text,says", [
    ("issuers: [", "not YAML"), ("{}", "needs the key"), ("issuers: []\npolicies: []", "at least"),
])
def test_a_bad_file_changes_nothing_and_is_loud(configure, sign, key, claims, text, says):
    service = configure(policy())
    token = sign(key, claims)
    service.write(text)
    answer = service.reload()
    assert answer.status == 422, answer
    said = json.loads(answer.body)
    assert said["reloaded"] is False and says in said["error"], said
    assert said["error"].startswith(str(service.file) + ":"), said
    assert service.verify(token).status == 200
    service.hang_up()
    assert service.verify(token).status == 200
    assert "the earlier configuration stays" in service.output() and says in service.output()
    assert service.metric("jwkeep_config_last_reload_successful") == 0
    service.write()
    assert service.reload().status == 200
    assert service.metric("jwkeep_config_last_reload_successful") == 1


def test_a_file_that_is_gone_changes_nothing(configure, sign, key, claims):
    service = configure(policy())
    service.file.unlink()
    assert service.reload().status == 422
    assert service.verify(sign(key, claims)).status == 200


def test_a_reload_drops_no_connection_and_no_request(configure, sign, key, claims):
    service = configure(policy())
    headers = {"Authorization": f"Bearer {sign(key, claims)}"}
    ends, failures, counts = threading.Event(), [], []

    def ask_on_one_connection():
        connection = http.client.HTTPConnection(service.addresses["listen"], timeout=DEADLINE_S)
        connection.connect()
        first, count = connection.sock, 0
        while not ends.is_set() or count < 10:
            connection.request("GET", "/verify", headers=headers)
            answer = connection.getresponse()
            answer.read()
            count += 1
            if answer.status != 200 or connection.sock is not first:
                failures.append((answer.status, count))
        counts.append(count)
        connection.close()

    threads = [threading.Thread(target=ask_on_one_connection) for _ in range(4)]
    for thread in threads:
        thread.start()
    for count in range(30):
        service.settings["policies"] = [policy(leeway_s=count), policy(f"p{count}")]
        service.write()
        assert service.reload().status == 200
    ends.set()
    for thread in threads:
        thread.join()
    assert not failures and len(counts) == 4


def test_a_request_that_waits_is_judged_by_what_it_came_for(configure, sign, key, claims,
                                                            issuer):
    issuer.gate.clear()
    service = configure(policy())
    answers = []
    token = sign(key, claims)
    waiting = threading.Thread(target=lambda: answers.append(service.verify(token)))
    waiting.start()
    wait_until("the wait", lambda: service.status()["parked"] == 1)
    service.settings["policies"] = [policy(audiences=["other"])]
    service.write()
    assert service.reload().status == 200
    issuer.gate.set()
    waiting.join()
    assert answers[0].status == 200
    assert_refused(service.verify(token))


def test_without_a_file_there_is_nothing_to_reload(service, sign, key, claims):
    answer = ask(service.addresses["admin"], "POST", "/reload", body=b"")
    assert answer.status == 422 and b"no configuration file" in answer.body, answer
    assert service.verify(sign(key, claims)).status == 200


def test_actions_take_post_from_the_same_origin_only(configure):
    service = configure(policy())
    admin = service.addresses["admin"]
    for path in ("/reload", "/refresh/main"):
        assert ask(admin, "GET", path).status == 405
        assert ask(admin, "HEAD", path).status == 405
        for origin in ("https://evil.example", "null", f"http://{admin}.evil.example", "x"):
            assert ask(admin, "POST", path, [("Origin", origin)], b"").status == 403, origin
        assert ask(admin, "POST", path, [("Origin", f"http://{admin}")], b"").status in (200, 202)


def test_a_refresh_is_asked_for_within_the_cooldown(configure, sign, key, claims, issuer):
    service = configure(policy())
    assert service.verify(sign(key, claims)).status == 200
    admin = service.addresses["admin"]
    for _ in range(20):
        assert ask(admin, "POST", "/refresh/main", body=b"").status == 202
    assert ask(admin, "POST", "/refresh/nobody", body=b"").status == 404
    assert service.status()["issuers"][0]["fetches"]["request"] <= 1
    assert issuer.downloads <= 2


def test_the_required_start_waits_for_every_issuer(configure, issuer, key, program, tmp_path):
    issuer.status = 500
    settings = {"issuers": [{"name": "main", "issuer": issuer.url, "jwks_url": issuer.jwks_url,
                             "source": {"allows_http_loopback": True}}],
                "policies": [policy()], "start": "required", "start_timeout_s": 1}
    path = tmp_path / "required.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    done = program.run("serve", "--config", str(path), "--listen", "127.0.0.1:0", "--admin",
                       "127.0.0.1:0")
    assert done.returncode == 3 and b"no keys in time" in done.stderr, done


def test_keys_in_a_file_are_read_again(configure, sign, key, claims, issuer, make_key, tmp_path):
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [make_key("other").public]}), encoding="utf-8")
    service = configure(settings={
        "issuers": [{"name": "local", "issuer": issuer.url, "keys_file": str(keys)}],
        "policies": [policy()]})
    token = sign(key, claims)
    assert_refused(service.verify(token))
    keys.write_text(json.dumps({"keys": [key.public]}), encoding="utf-8")
    assert service.reload().status == 200
    assert service.verify(token).status == 200
    keys.write_text("{", encoding="utf-8")
    assert service.reload().status == 422
    assert service.verify(token).status == 200
    assert issuer.downloads == 0

# SPDX-License-Identifier: Apache-2.0
"""Events of jwkeep serve at a receiver: what comes, what is tried again and what not, that
nobody waits for it, and that nothing secret comes out."""
import json
import re
import signal
import socket
import subprocess
import sys

import pytest

from support.configured import settings_for
from support.gateway import ROOT
from support.program import wait_until
from support.receiver import OTHER_SECRET, SECRET, Receiver

EVERY_EVENT = {"id", "type", "timestamp", "host", "instance", "sequence", "data"}
BEARER = "Bearer this-is-for-the-receiver-alone"


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / "hook.secret"
    path.write_text(SECRET + "\n", encoding="utf-8")
    return path


@pytest.fixture
def settings(issuer, receiver, secret_file):
    """Reloads are an event that a test can cause at will; others are left out."""
    settings = settings_for(issuer)
    settings["webhook"] = {"url": receiver.url, "secret_file": str(secret_file),
                           "allows_http_loopback": True, "backoff_min_ms": 100,
                           "backoff_max_ms": 100, "events": ["reloaded"]}
    return settings


def reload(service, times=1):
    for _ in range(times):
        assert service.reload().status == 200


def wait_for_metric(service, name, value):
    wait_until(f"{name} {value}", lambda: service.metric(name) >= value)
    assert service.metric(name) == value


def test_an_event_comes_as_signed_json(configure, settings, receiver):
    service = configure(settings=settings)
    reload(service, 2)
    first, second = receiver.wait_for("reloaded", 2)
    assert (first.method, first.path) == ("POST", "/hook")
    assert first.headers["Content-Type"] == "application/json"
    assert first.headers["User-Agent"].startswith("jwkeep/")
    assert first.is_signed_with(SECRET) and second.is_signed_with(SECRET)
    assert not first.is_signed_with(OTHER_SECRET)
    assert not first._replace(body=first.body + b" ").is_signed_with(SECRET)
    assert set(first.event) == EVERY_EVENT
    assert first.event["id"] == first.id != second.id
    assert second.event["sequence"] == first.event["sequence"] + 1
    assert second.event["instance"] == first.event["instance"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.event["timestamp"])
    assert first.event["data"]["policies"] == 1 and first.event["data"]["issuers"] == 1
    wait_for_metric(service, "jwkeep_webhook_delivered_total", 2)


def test_tells_which_keys_come_and_go(configure, settings, issuer, receiver, make_key, sign,
                                      claims, key):
    del settings["webhook"]["events"]
    settings["issuers"][0]["source"]["cooldown_s"] = 1
    service = configure(settings=settings)
    assert service.verify(sign(key, claims)).status == 200
    new = make_key("second")
    issuer.keys = [new.public]
    wait_until("the new key", lambda: service.verify(sign(new, claims)).status == 200)
    removed = receiver.wait_for("key_removed")[0].event
    added = [one.event for one in receiver.wait_for("key_added", 2)]
    assert [one["data"]["kid"] for one in added] == ["first", "second"]
    assert removed["issuer"] == "main" and removed["data"]["kid"] == "first"
    assert added[1]["data"]["kty"] == "EC" and len(added[1]["data"]["thumbprint"]) == 43
    assert receiver.of_type("started") and not receiver.of_type("keys_refreshed")
    numbers = [one.event["sequence"] for one in receiver.deliveries]
    assert numbers == list(range(1, len(numbers) + 1))


def test_tells_alarms_when_they_come_and_when_they_go(configure, settings, issuer, receiver):
    settings["webhook"]["events"] = ["alarm_raised", "alarm_cleared"]
    settings["issuers"][0]["source"].update(backoff_min_ms=100, backoff_max_ms=100)
    issuer.status = 500
    service = configure(settings=settings)
    raised = receiver.wait_for("alarm_raised")[0].event
    assert raised["issuer"] == "main"
    assert raised["data"]["alarm"] == "no_keys" and raised["data"]["severity"] == "alarm"
    assert raised["data"]["reason"].startswith("transport_")
    issuer.status = 200
    cleared = receiver.wait_for("alarm_cleared")[0].event
    assert cleared["issuer"] == "main" and cleared["data"]["alarm"] == "no_keys"
    assert len(receiver.of_type("alarm_raised")) == 1
    assert service.status()["alarms"] == []


def test_both_secrets_sign_while_one_replaces_the_other(configure, settings, receiver,
                                                         tmp_path):
    new = tmp_path / "new.secret"
    new.write_text(OTHER_SECRET, encoding="utf-8")
    settings["webhook"].update(secret_file=str(new),
                               old_secret_file=settings["webhook"]["secret_file"])
    service = configure(settings=settings)
    reload(service)
    delivery = receiver.wait_for("reloaded")[0]
    assert delivery.is_signed_with(SECRET) and delivery.is_signed_with(OTHER_SECRET)


def test_what_fails_is_tried_again_under_the_same_id(configure, settings, receiver):
    receiver.answers += [500, 503, 408]
    service = configure(settings=settings)
    reload(service, 2)
    wait_for_metric(service, "jwkeep_webhook_delivered_total", 2)
    assert len({one.id for one in receiver.deliveries[:4]}) == 1
    assert len({one.id for one in receiver.deliveries}) == 2
    assert len(receiver.deliveries) == 5
    assert service.metric("jwkeep_webhook_attempts_total") == 5
    assert service.metric("jwkeep_webhook_failed_total") == 0


def test_a_receiver_that_asks_for_a_pause_gets_it(configure, settings, receiver):
    receiver.answers.append((429, {"Retry-After": "2"}, b""))
    service = configure(settings=settings)
    reload(service)
    wait_for_metric(service, "jwkeep_webhook_delivered_total", 1)
    first, second = receiver.deliveries
    assert second.at - first.at >= 2


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410])
def test_what_is_refused_or_sent_elsewhere_is_not_tried_again(configure, settings, receiver,
                                                              status):
    receiver.answers.append((status, {"Location": receiver.url + "/elsewhere"}, b""))
    service = configure(settings=settings)
    reload(service, 2)
    wait_for_metric(service, "jwkeep_webhook_delivered_total", 1)
    assert service.metric("jwkeep_webhook_failed_total") == 1
    assert [one.path for one in receiver.deliveries] == ["/hook", "/hook"]
    wait_until("the line", lambda: "event=webhook_failed" in service.output())
    line = next(one for one in service.output().splitlines() if "webhook_failed" in one)
    assert f"status={status}" in line and "attempts=1" in line
    assert receiver.deliveries[0].id in line


def test_an_event_is_given_up_after_its_attempts(configure, settings, receiver):
    settings["webhook"]["attempts"] = 2
    receiver.answers += [500, 500]
    service = configure(settings=settings)
    reload(service, 2)
    wait_for_metric(service, "jwkeep_webhook_delivered_total", 1)
    assert service.metric("jwkeep_webhook_failed_total") == 1
    assert len(receiver.deliveries) == 3


def test_a_receiver_that_hangs_is_given_its_time_and_no_more(configure, settings, receiver):
    settings["webhook"]["timeout_ms"] = 300
    receiver.answers.append(Receiver.HANG)
    service = configure(settings=settings)
    reload(service)
    wait_for_metric(service, "jwkeep_webhook_delivered_total", 1)
    assert len({one.id for one in receiver.deliveries}) == 1
    assert service.metric("jwkeep_webhook_attempts_total") == 2


def test_an_answer_without_end_is_cut(configure, settings, receiver):
    settings["webhook"]["timeout_ms"] = 20000
    receiver.answers.append(Receiver.ENDLESS)
    service = configure(settings=settings)
    reload(service, 2)
    wait_for_metric(service, "jwkeep_webhook_delivered_total", 2)
    assert len(receiver.deliveries) == 2
    wait_until("the cut", lambda: receiver.open == 0)
    assert receiver.poured < 32 << 20  # what fits into sockets, and a little


def test_nobody_who_is_verified_waits_for_the_receiver(configure, settings, receiver, sign, key,
                                                       claims, issuer):
    """While one request hangs at the receiver, and the queue is full."""
    settings["webhook"].update(timeout_ms=300000, queue_length=1)
    receiver.gate.clear()
    service = configure(settings=settings)
    reload(service, 3)
    wait_until("the request", lambda: receiver.open == 1)
    token = sign(key, claims)
    before = issuer.downloads
    for _ in range(200):
        assert service.verify(token).status == 200
    assert service.post("/refresh/main").status in (200, 202)
    wait_until("the download", lambda: issuer.downloads > before)
    assert receiver.open == 1 and len(receiver.deliveries) == 1
    assert service.metric("jwkeep_webhook_delivered_total") == 0
    assert service.metric("jwkeep_webhook_dropped_total") == 1
    receiver.gate.set()
    wait_for_metric(service, "jwkeep_webhook_delivered_total", 2)


def test_a_full_queue_keeps_the_newest_and_counts_the_rest(configure, settings, receiver):
    settings["webhook"]["queue_length"] = 2
    receiver.gate.clear()
    service = configure(settings=settings)
    reload(service)
    wait_until("the request", lambda: receiver.open == 1)
    reload(service, 5)
    assert service.metric("jwkeep_webhook_dropped_total") == 3
    assert service.metric("jwkeep_webhook_queue_length") == 3
    assert service.metric("jwkeep_webhook_queue_limit") == 2
    told = service.status()["webhook"]
    assert (told["queued"], told["dropped"], told["delivered"]) == (3, 3, 0)
    receiver.gate.set()
    wait_for_metric(service, "jwkeep_webhook_delivered_total", 3)
    assert [one.event["sequence"] for one in receiver.deliveries] == [1, 5, 6]


def test_a_reload_sends_what_waits_to_the_new_url(configure, settings, receiver):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings["webhook"].update(url=f"http://127.0.0.1:{nobody.getsockname()[1]}/",
                                   attempts=100)
        service = configure(settings=settings)
        reload(service, 2)
        wait_until("an attempt", lambda: service.metric("jwkeep_webhook_attempts_total") >= 1)
        assert service.status()["webhook"]["last_error"] == "transport_connect"
    service.settings["webhook"]["url"] = receiver.url
    service.write()
    reload(service)
    wait_for_metric(service, "jwkeep_webhook_delivered_total", 3)
    assert [one.event["sequence"] for one in receiver.deliveries] == [1, 2, 3]


def test_a_reload_can_begin_and_end_it(configure, settings, receiver):
    section = settings.pop("webhook")
    service = configure(settings=settings)
    reload(service)
    assert "webhook" not in service.status()
    assert service.metric("jwkeep_webhook_queue_limit") == 0
    service.settings["webhook"] = section
    service.write()
    reload(service)
    receiver.wait_for("reloaded")
    del service.settings["webhook"]
    service.write()
    reload(service)
    assert "webhook" not in service.status()
    assert len(receiver.deliveries) == 1


def test_who_comes_later_is_told_of_alarms_that_stand(configure, settings, receiver, issuer):
    section = {**settings.pop("webhook"), "events": ["alarm_raised"]}
    issuer.status = 500
    service = configure(settings=settings)
    wait_until("the alarm", lambda: service.status()["alarms"])
    for _ in range(2):
        service.settings["webhook"] = section
        service.write()
        reload(service)
        wait_until("the alarm's event", lambda: receiver.deliveries)
        assert receiver.deliveries[0].event["data"]["alarm"] == "no_keys"
        del service.settings["webhook"]
        service.write()
        reload(service)
        receiver.deliveries.clear()


def test_a_reload_with_a_fault_leaves_it_as_it_is(configure, settings, receiver):
    settings["webhook"]["events"] = ["reloaded", "reload_failed"]
    service = configure(settings=settings)
    service.settings["webhook"]["url"] = "http://receiver.example/"
    service.write()
    assert service.reload().status == 422
    told = receiver.wait_for("reload_failed")[0].event
    assert "receiver.example" not in json.dumps(told)


def test_what_waits_is_delivered_before_the_end(configure, settings, receiver):
    settings["webhook"]["events"].append("draining")
    receiver.gate.clear()
    service = configure(settings=settings)
    reload(service, 2)
    wait_until("the request", lambda: receiver.open == 1)
    service.process.send_signal(signal.SIGTERM)
    wait_until("the end's beginning", lambda: "event=draining" in service.output())
    receiver.gate.set()
    service.stop_keeping_output()
    assert [one.event["type"] for one in receiver.deliveries] == ["reloaded", "reloaded",
                                                                  "draining"]
    assert "webhook_undelivered=0" in service.kept


def test_the_end_does_not_wait_longer_than_its_grace(configure, settings, receiver):
    settings["grace_ms"] = 300
    settings["webhook"]["timeout_ms"] = 300000
    receiver.gate.clear()
    service = configure(settings=settings)
    reload(service, 2)
    wait_until("the request", lambda: receiver.open == 1)
    service.stop_keeping_output()
    assert "webhook_undelivered=2" in service.kept
    assert len(receiver.deliveries) == 1


def test_the_end_does_not_wait_for_a_receiver_that_is_not_there(configure, settings, receiver):
    settings["grace_ms"] = 600000  # longer than this test waits for anything
    receiver.answers += [503] * 1000
    service = configure(settings=settings)
    reload(service, 2)
    service.stop_keeping_output()
    assert "webhook_undelivered=2" in service.kept


def test_a_receiver_that_is_not_there_is_an_alarm_that_it_is_not_told_of(configure, settings,
                                                                         receiver):
    """Told of itself, each failure would be an event that can fail."""
    receiver.answers += [500] * 10000
    settings["webhook"].update(attempts=100, events=["reloaded", "alarm_raised"])
    service = configure(settings=settings)
    reload(service)
    wait_until("the alarm", lambda: "webhook_failing" in
               {one["kind"] for one in service.status()["alarms"]})
    service.write("{")
    assert service.reload().status == 422
    wait_until("a look at the alarms", lambda: service.metric("jwkeep_webhook_queue_length") >= 2)
    receiver.answers.clear()
    service.write()
    reload(service)
    receiver.wait_for("reloaded", 2)
    wait_until("the alarm's end", lambda: service.status()["alarms"] == [])
    assert {one.event["data"]["alarm"] for one in receiver.of_type("alarm_raised")} == {
        "reload_failed"}


def test_nothing_secret_comes_out(configure, settings, receiver, sign, key, claims):
    settings["webhook"].update(
        url=receiver.url + "/s3cret-path?key=s3cret-query",
        request_headers=[{"name": "Authorization", "value": BEARER}])
    del settings["webhook"]["events"]
    settings["log"] = {"level": "debug"}
    receiver.answers += [500, 404]
    service = configure(settings=settings)
    token = sign(key, claims)
    assert service.verify(token).status == 200
    expired = sign(key, {**claims, "exp": claims["iat"] - 1})
    assert service.verify(expired).status == 401
    reload(service)
    wait_until("a failure", lambda: "webhook_failed" in service.output())
    wait_until("a delivery", lambda: service.metric("jwkeep_webhook_delivered_total") >= 1)
    assert receiver.deliveries[0].headers["Authorization"] == BEARER
    shown = "".join(service.admin(path).body.decode() for path in ("/status", "/metrics", "/"))
    service.stop_keeping_output()
    shown += service.kept
    shown += "".join(one.body.decode() for one in receiver.deliveries)
    for secret in (SECRET, SECRET[6:], BEARER, "s3cret-path", "s3cret-query", token,
                   token.split(".")[1], token.split(".")[2], expired.split(".")[1]):
        assert secret not in shown, secret


def check_section(program, tmp_path, section, fault):
    """What is said of a file whose third line is the section."""
    file = tmp_path / "jwkeep.yaml"
    file.write_text(
        "issuers: [{name: main, issuer: 'https://idp.example', jwks_url: 'https://idp.example/k'}]\n"
        "policies: [{name: default, audiences: [api]}]\n"
        f"webhook: {section}\n", encoding="utf-8")
    done = program.run("serve", "--config", str(file), "--check-config")
    said = done.stderr.decode()
    assert done.returncode == 2 and fault in said, said
    assert "jwkeep.yaml:3:" in said
    return said


FAULTS = [
    ("  url: http://receiver.example/\n", "url: the scheme must be https"),
    ("  url: ftp://receiver.example/\n", "url: the scheme must be https"),
    ("  url: https://u:p@receiver.example/\n", "url: a URL with a user or a password"),
    ("  url: http://receiver.example/\n  allows_http_loopback: true\n",
     "url: http is for loopback addresses only"),
    ("  attempts: 0\n", "attempts: a whole number from 1 to 100 expected"),
    ("  timeout_ms: 300001\n", "timeout_ms: a whole number from 1 to 300000 expected"),
    ("  queue_length: 65537\n", "queue_length: a whole number from 1 to 65536 expected"),
    ("  backoff_min_ms: 2000\n  backoff_max_ms: 1000\n", "backoff_max_ms: "),
    ("  retry_after_max_s: -1\n", "retry_after_max_s: a whole number from 0 to 3600 expected"),
    ("  events: [reloadd]\n", "did you mean \"reloaded\"?"),
    ("  events: []\n", "events: "),
    ("  old_secret_file: /dev/null\n", "old_secret_file: /dev/null holds no text"),
    ("  retries: 3\n", "unknown key \"retries\" in the webhook"),
    ("  proxy: nowhere\n", "proxy: a proxy is http://HOST:PORT"),
    ("  request_headers: [{name: webhook-id, value: x}]\n", "this header is the webhook's own"),
    ("  request_headers: [{name: X-Key}]\n", "needs \"value\" or \"value_file\""),
]


@pytest.mark.parametrize("lines, fault", FAULTS)
def test_faults_of_the_section_have_their_place(program, issuer, secret_file, tmp_path, lines,
                                                fault):
    file = tmp_path / "jwkeep.yaml"
    own_url = "" if "url:" in lines else "  url: https://receiver.example/hook\n"
    file.write_text(
        "issuers: [{name: main, issuer: 'https://idp.example', jwks_url: 'https://idp.example/k'}]\n"
        "policies: [{name: default, audiences: [api]}]\n"
        f"webhook:\n  secret_file: {secret_file}\n{own_url}{lines}", encoding="utf-8")
    done = program.run("serve", "--config", str(file), "--check-config")
    text = done.stderr.decode()
    assert done.returncode == 2, text
    assert fault in text, text
    place = re.search(r"jwkeep\.yaml:(\d+):(\d+): ", text)
    assert place and int(place[1]) >= 4, text
    assert OTHER_SECRET not in text and SECRET not in text


@pytest.mark.parametrize("section, fault", [
    ("{secret_file: %s}", "the webhook needs the key \"url\""),
    ("{url: 'https://receiver.example/'}", "the webhook needs the key \"secret_file\""),
    ("{url: 'https://receiver.example/', secret_file: /nowhere/at/all}", "No such file"),
    ("{url: 'https://receiver.example/', secret: '%s'}", "unknown key \"secret\""),
])
def test_a_section_without_its_secret_or_url_is_refused(program, secret_file, tmp_path, section,
                                                        fault):
    check_section(program, tmp_path, section.replace("%s", str(secret_file)), fault)


@pytest.mark.parametrize("text", ["a-password-of-some-length", SECRET[6:], SECRET[:-1],
                                  "whsec_" + "AAAA" * 7, "whsec_" + "AAAA" * 22])
@pytest.mark.parametrize("name", ["secret_file", "old_secret_file"])
def test_a_file_without_a_secret_is_refused_and_not_shown(program, secret_file, tmp_path, name,
                                                          text):
    wrong = tmp_path / "wrong.secret"
    wrong.write_text(text + "\n", encoding="utf-8")
    files = {"secret_file": str(secret_file), name: str(wrong)}
    section = json.dumps({"url": "https://receiver.example/", **files})
    said = check_section(program, tmp_path, section, "secret: a secret is whsec_ and")
    assert text not in said


def documented_receiver(secret_file, port):
    text = (ROOT / "docs/webhook.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, flags=re.S)[1]
    for there, here in (("/etc/jwkeep/webhook.secret", str(secret_file)), ("9000", str(port))):
        assert code.count(there) == 1
        code = code.replace(there, here)
    return code


def test_the_receiver_of_the_manual_takes_good_events_and_no_others(configure, settings,
                                                                    secret_file, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings["webhook"].update(url=f"http://127.0.0.1:{port}/", attempts=100)
    with open(tmp_path / "told", "wb") as told, subprocess.Popen(
            [sys.executable, "-c", documented_receiver(secret_file, port)], stdout=told,
            stderr=subprocess.DEVNULL) as running:
        try:
            service = configure(settings=settings)
            reload(service)
            wait_until("a receipt", lambda: service.metric("jwkeep_webhook_delivered_total") == 1)
            secret_file.write_text(OTHER_SECRET, encoding="utf-8")
            reload(service)
            wait_until("a refusal", lambda: service.metric("jwkeep_webhook_failed_total") == 1)
            assert service.status()["webhook"]["last_status"] == 401
        finally:
            running.kill()
    assert (tmp_path / "told").read_text(encoding="utf-8") == "reloaded\n"


def test_a_good_section_passes_the_check_and_connects_nothing(program, settings, receiver,
                                                              tmp_path):
    file = tmp_path / "jwkeep.yaml"
    file.write_text(json.dumps(settings), encoding="utf-8")
    program.ok("serve", "--config", str(file), "--check-config")
    assert receiver.deliveries == []

# SPDX-License-Identifier: Apache-2.0
"""POST /introspect (RFC 7662)."""
import base64
import json
import threading
from urllib.parse import urlencode

import pytest

from support import forge
from support.program import ask, wait_until
from support.verdict import AUDIENCE, assert_undecided

SECRET = "a-secret-of-many-bytes"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def basic(name="backend", secret=SECRET):
    return ("Authorization", "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode())


@pytest.fixture
def service(configure, issuer, file):
    settings = {"issuers": [{"name": "main", "issuer": issuer.url, "jwks_url": issuer.jwks_url,
                             "source": {"allows_http_loopback": True}}],
                "policies": [{"name": "other", "audiences": ["other"]},
                             {"name": "api", "audiences": [AUDIENCE]}],
                "introspection": {"policy": "api", "clients": [
                    {"id": "backend", "secret_file": file(SECRET.encode() + b"\n")},
                    {"id": "second", "secret": "another-secret-of-many"}]}}
    return configure(settings=settings)


def introspect(service, body, *headers, method="POST"):
    body = body if isinstance(body, bytes) else urlencode(body).encode()
    return ask(service.addresses["listen"], method, "/introspect", headers, body)


@pytest.mark.parametrize("who", [
    basic(), basic("second", "another-secret-of-many"), ("Authorization", f"Bearer {SECRET}"),
    ("Authorization", f"bearer  {SECRET}"), ("authorization", basic()[1].replace("B", "b", 1)),
])
def test_tells_a_client_about_a_good_token(service, sign, key, claims, who):
    answer = introspect(service, {"token": sign(key, claims), "token_type_hint": "x"}, who, FORM)
    assert answer.status == 200, answer
    assert json.loads(answer.body) == {"active": True, **claims}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"


def test_a_bad_token_is_not_active_whatever_is_wrong(service, sign, key, claims, make_key):
    good = sign(key, claims)
    for token in ("x", "a.b.c", forge.with_claim(good, "sub", "mallory"),
                  sign(key, {**claims, "exp": claims["iat"] - 1}),
                  sign(key, {**claims, "aud": "other"}), sign(key, {**claims, "iss": "x"}),
                  sign(make_key("stranger"), claims), good + "A", " " + good):
        answer = introspect(service, {"token": token}, basic(), FORM)
        assert (answer.status, answer.body) == (200, b'{"active":false}\n'), (token, answer)


def test_whoever_asks_is_told_what_a_token_is_bound_to(service, sign, key, claims):
    claims["cnf"] = {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}
    answer = introspect(service, {"token": sign(key, claims)}, basic(), FORM)
    assert json.loads(answer.body) == {"active": True, **claims}


def test_a_claim_cannot_make_a_token_active(service, sign, key, claims):
    answer = introspect(service, {"token": sign(key, {**claims, "active": False})}, basic(),
                        FORM)
    assert answer.body.count(b'"active"') == 1 and json.loads(answer.body)["active"] is True


@pytest.mark.parametrize("headers", [
    [], [basic(secret=SECRET[:-1])], [basic(secret=SECRET + "x")], [basic("backend2")],
    [basic("second")], [basic("", "")], [("Authorization", "Basic")],
    [("Authorization", "Basic ")], [("Authorization", "Bearer ")],
    [("Authorization", f"Bearer {SECRET}x")], [("Authorization", f"Token {SECRET}")],
    [("Authorization", f"Bearer {basic()[1][6:]}")], [("Authorization", f"Basic {SECRET}")],
    [basic(), basic()],
])
def test_tells_nobody_else(service, sign, key, claims, headers):
    answer = introspect(service, {"token": sign(key, claims)}, *headers, FORM)
    assert answer.status == 401 and b"active" not in answer.body, answer
    assert {each.split(" ")[0] for each in answer.headers.get_all("WWW-Authenticate")} == {
        "Basic", "Bearer"}


def test_a_token_is_no_credential(service, sign, key, claims):
    token = sign(key, claims)
    answer = introspect(service, {"token": token}, ("Authorization", f"Bearer {token}"), FORM)
    assert answer.status == 401, answer


@pytest.mark.parametrize("body,headers,status", [
    (b"", [FORM], 400), (b"token=", [FORM], 400), (b"x=1", [FORM], 400),
    (b"token=a&token=a", [FORM], 400), (b"token=%zz", [FORM], 400), (b"token=a", [], 415),
    (b'{"token":"a"}', [("Content-Type", "application/json")], 415),
    (b"token=" + b"a" * 17000, [FORM], 413),
])
def test_refuses_what_is_no_question(service, body, headers, status):
    assert introspect(service, body, basic(), *headers).status == status


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_takes_post_only(service, method):
    answer = introspect(service, b"token=a", basic(), FORM, method=method)
    assert answer.status == 405 and answer.headers["Allow"] == "POST"


def test_a_token_may_be_encoded(service, sign, key, claims):
    token = sign(key, claims)
    encoded = "".join(f"%{byte:02X}" for byte in token.encode()).encode()
    answer = introspect(service, b"token=" + encoded, basic(),
                        ("Content-Type", FORM[1] + "; charset=UTF-8"))
    assert json.loads(answer.body)["active"] is True


def test_waits_for_keys_and_says_when_they_cannot_be_had(service, sign, key, claims, issuer,
                                                         make_key):
    assert json.loads(introspect(service, {"token": sign(key, claims)}, basic(),
                                 FORM).body)["active"]
    issuer.gate.clear()
    second = make_key("second")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(introspect(
        service, {"token": sign(second, claims)}, basic(), FORM)))
    thread.start()
    wait_until("the wait", lambda: service.status()["parked"] == 1)
    issuer.keys.append(second.public)
    issuer.gate.set()
    thread.join()
    assert json.loads(answers[0].body)["active"] is True


def test_without_keys_it_cannot_say(configure, issuer, sign, key, claims):
    issuer.status = 500
    settings = {"issuers": [{"name": "main", "issuer": issuer.url, "jwks_url": issuer.jwks_url,
                             "source": {"allows_http_loopback": True}}],
                "policies": [{"name": "api", "audiences": [AUDIENCE]}],
                "introspection": {"clients": [{"id": "backend", "secret": SECRET}]}}
    service = configure(settings=settings)
    assert_undecided(introspect(service, {"token": sign(key, claims)}, basic(), FORM))


def test_there_is_none_unless_it_is_configured(configure):
    service = configure({"name": "default", "audiences": [AUDIENCE]})
    assert introspect(service, b"token=a", basic(), FORM).status == 404


def test_neither_token_nor_secret_is_logged(service, sign, key, claims):
    token = sign(key, claims)
    introspect(service, {"token": token}, basic(), FORM)
    introspect(service, {"token": token + "A"}, basic(), FORM)
    introspect(service, {"token": token}, basic(secret="x" * 20), FORM)
    service.stop_keeping_output()
    for word in (SECRET, basic()[1][6:], *token.split(".")[1:]):
        assert word not in service.kept


def test_the_mirror_knows_what_the_other_side_has(service, sign, key, claims):
    introspect(service, {"token": sign(key, claims)}, basic(), FORM)
    first = service.get("/jwks/main")
    assert first.status == 200 and json.loads(first.body)["keys"][0]["kid"] == "first"
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    tag = first.headers["ETag"]
    for known, status in ((tag, 304), (f'"x", W/{tag}', 304), ("*", 304), ('"x"', 200)):
        answer = service.get("/jwks/main", [("If-None-Match", known)])
        assert answer.status == status and answer.headers["ETag"] == tag, (known, answer)
        assert (answer.body == b"") == (status == 304)
    assert service.get("/jwks/nobody").status == 404

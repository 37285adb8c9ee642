# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve --config: what policies let pass, ask for, and give back."""
import base64
import json

import pytest

from support.program import ask
from support.verdict import AUDIENCE, assert_refused


def policy(name="default", **more):
    return {"name": name, "audiences": [AUDIENCE], **more}


def challenge_of(answer):
    return answer.headers["WWW-Authenticate"]


def test_policies_stand_beside_each_other(configure, sign, key, claims):
    service = configure(policy(), policy("other", audiences=["other"]), policy("third"))
    token = sign(key, claims)
    assert service.verify(token).status == 200
    assert service.verify(token, path="/verify/default").status == 200
    assert service.verify(token, path="/verify/third").status == 200
    assert_refused(service.verify(token, path="/verify/other"))
    for path in ("/verify/", "/verify/nobody", "/verify/default/", "/verify/default/x",
                 "/verifyx", "/verify/Default"):
        assert service.verify(token, path=path).status == 404, path


def test_policies_share_one_download(configure, sign, key, claims, issuer):
    service = configure(*(policy(f"p{i}") for i in range(20)))
    for i in range(20):
        assert service.verify(sign(key, claims), path=f"/verify/p{i}").status == 200
    assert issuer.downloads == 1


def test_a_missing_scope_is_forbidden_and_named(configure, sign, key, claims):
    service = configure(policy(scopes=["read", "admin"]), policy("fine", scopes=["write"]))
    token = sign(key, claims)
    answer = service.verify(token)
    assert answer.status == 403, answer
    assert 'error="insufficient_scope"' in challenge_of(answer)
    assert 'scope="read admin"' in challenge_of(answer)
    assert service.verify(token, path="/verify/fine").status == 200
    del claims["scope"]
    assert service.verify(sign(key, claims), path="/verify/fine").status == 403


@pytest.mark.parametrize("rule,good,bad", [
    ({"equals": "staff"}, ["staff"], ["Staff", ["staff"], None, 1]),
    ({"equals": 5}, [5], ["5", 6, True]),
    ({"equals": True}, [True], ["true", 1, False]),
    ({"one_of": ["a", 2]}, ["a", 2], ["b", "2", ["a"]]),
    ({"contains": ["a", "b"]}, [["x", "b"], "x a"], [["c"], "ab", []]),
    ({"contains_all": ["a", "b"]}, [["b", "a", "c"]], [["a"], "a"]),
])
def test_claims_are_held_against_values(configure, sign, key, claims, rule, good, bad):
    service = configure(policy(claims=[{"name": "role", **rule}]))
    for value in good:
        assert service.verify(sign(key, {**claims, "role": value})).status == 200, value
    for value in bad:
        assert_refused(service.verify(sign(key, {**claims, "role": value})))
    assert_refused(service.verify(sign(key, claims)))


def test_the_wrong_audience_is_forbidden_by_configuration(configure, sign, key, claims):
    service = configure(policy(audiences=["other"]),
                        policy("strict", audiences=["other"], wrong_audience="403"))
    token = sign(key, claims)
    assert service.verify(token).status == 401
    assert service.verify(token, path="/verify/strict").status == 403
    expired = sign(key, {**claims, "aud": "other", "exp": claims["iat"] - 1})
    assert_refused(service.verify(expired, path="/verify/strict"))


def test_challenges_name_the_realm_and_the_resource(configure):
    service = configure(policy(realm="the realm", resource_metadata="https://r.example/.m"))
    answer = service.verify()
    assert challenge_of(answer) == ('Bearer realm="the realm", '
                                    'resource_metadata="https://r.example/.m"')


@pytest.mark.parametrize("binding", [{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
                                     {"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"},
                                     {"kid": "one that nobody understands"}, {}, "no object"])
def test_a_bound_token_passes_only_as_the_policy_says(configure, sign, key, claims, binding):
    service = configure(policy(), policy("bearer", bound_tokens="bearer"))
    plain = sign(key, claims)
    bound = sign(key, {**claims, "cnf": binding})
    for _ in range(3):  # also when it is remembered
        assert service.verify(plain).status == 200
        assert_refused(service.verify(bound))
        assert service.verify(bound, path="/verify/bearer").status == 200
    assert_refused(service.verify(sign(key, {**claims, "cnf": binding, "exp": 1}),
                                  path="/verify/bearer"))


def test_algorithms_typ_subject_and_age(configure, sign, key, claims):
    service = configure(policy(algorithms=["RS256"]), policy("typ", typ="at+jwt"),
                        policy("subject", subject="bob"), policy("age", max_age_s=60),
                        policy("required", required=["tenant"]))
    token = sign(key, claims)
    for name in ("default", "typ", "subject", "required"):
        assert_refused(service.verify(token, path=f"/verify/{name}"))
    assert service.verify(token, path="/verify/age").status == 200
    claims["iat"] -= 120
    assert_refused(service.verify(sign(key, claims), path="/verify/age"))
    assert service.verify(sign(key, claims, "--typ", "at+jwt"), path="/verify/typ").status == 200


def test_tokens_come_from_where_the_policy_says(configure, sign, key, claims):
    places = {"authorization": False, "cookie": "session", "header": "X-Token",
              "query": "access_token"}
    service = configure(policy(token=places), policy("usual"))
    token = sign(key, claims)
    for headers in ([("Cookie", f"a=b; session={token}; c=d")], [("X-Token", token)]):
        assert service.verify(headers=headers).status == 200, headers
        assert service.verify(headers=headers, path="/verify/usual").status == 401
    assert service.verify(path=f"/verify?access_token={token}").status == 200
    assert service.verify(path=f"/verify/usual?access_token={token}").status == 401
    assert service.verify(token).status == 401
    assert_refused(service.verify(headers=[("Cookie", f"session={token}"), ("X-Token", token)]),
                   "invalid_request")
    assert token.split(".")[2] not in service.output()


def test_claims_go_back_under_their_names(configure, sign, key, claims):
    service = configure(policy(identity={
        "subject_header": "X-Auth-Request-User", "claims_header": "X-Auth-Claims",
        "claims": [{"claim": "email"}, {"claim": "email_verified"}, {"claim": "n"},
                   {"claim": "groups", "header": "X-Groups"}, {"claim": "absent"}]}))
    claims |= {"email": "a@b.example", "email_verified": True, "n": 5, "groups": ["a", "b"]}
    answer = service.verify(sign(key, claims))
    assert answer.status == 200, answer
    assert answer.headers["X-Auth-Request-User"] == "alice"
    assert "X-Auth-Subject" not in answer.headers
    assert answer.headers["X-Auth-Claim-Email"] == "a@b.example"
    assert answer.headers["X-Auth-Claim-Email-Verified"] == "true"
    assert answer.headers["X-Auth-Claim-N"] == "5"
    assert json.loads(answer.headers["X-Groups"]) == ["a", "b"]
    assert answer.headers["X-Auth-Claim-Absent"] == ""
    encoded = answer.headers["X-Auth-Claims"]
    assert json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))) == claims


@pytest.mark.parametrize("value", ["a\r\nX-Auth-Issuer: mallory", "é", "x" * 1025, "a\tb", " a"])
def test_a_claim_that_cannot_stand_in_a_header_goes_back_empty(configure, sign, key, claims,
                                                               value):
    service = configure(policy(identity={"claims": [{"claim": "email"}]}))
    answer = service.verify(sign(key, {**claims, "email": value}))
    assert answer.status == 200, answer
    assert answer.headers["X-Auth-Claim-Email"] == ""
    assert answer.headers.get_all("X-Auth-Issuer") == [claims["iss"]]
    assert service.metric("jwkeep_identity_values_dropped_total") == 1


def test_the_head_stays_under_four_kilobytes(configure, sign, key, claims):
    names = [f"claim{i:02}" for i in range(16)]
    service = configure(policy(identity={"claims_header": "X-Auth-Claims",
                                         "claims": [{"claim": name} for name in names]}))
    answer = service.verify(sign(key, claims | {name: "x" * 600 for name in names}))
    assert answer.status == 200, answer
    assert sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) < 4000
    sent = [answer.headers[f"X-Auth-Claim-Claim{i:02}"] for i in range(16)]
    assert "x" * 600 in sent and "" in sent and None not in sent
    assert answer.headers["X-Auth-Claims"] == ""


def test_a_preflight_passes_where_the_policy_says_so(configure, sign, key, claims):
    service = configure(policy(cors_preflight=True), policy("closed"))
    asks = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "PUT")]
    answer = service.verify(method="OPTIONS", headers=asks)
    assert answer.status == 200 and answer.headers["X-Auth-Subject"] == "", answer
    assert service.verify(method="OPTIONS", headers=asks, path="/verify/closed").status == 401
    for method, headers in (("GET", asks), ("OPTIONS", asks[:1]), ("OPTIONS", asks[1:])):
        assert service.verify(method=method, headers=headers).status == 401, (method, headers)
    assert_refused(service.verify("a.b.c", method="OPTIONS", headers=asks))


RULES = [{"path": "/public", "action": "allow"}, {"path": "/internal", "action": "deny"},
         {"path": "/admin", "policy": "admin"}, {"path": "/admin/help", "action": "allow"},
         {"path": "/files", "methods": ["GET"], "action": "allow"},
         {"path": "/files", "methods": ["PUT"], "policy": "admin"}]


def nginx(path, method="GET"):
    return [("X-Original-URI", path), ("X-Original-Method", method)]


@pytest.fixture
def ruled(configure):
    return configure(policy(gateway="nginx", rules=RULES), policy("admin", scopes=["admin"]))


@pytest.mark.parametrize("path,anonymous,reader", [
    ("/", 401, 200), ("/public", 200, 200), ("/public/x?y=/admin", 200, 200),
    ("/publicity", 401, 200), ("/internal/x", 403, 403), ("/admin", 401, 403),
    ("/admin/x", 401, 403), ("/admin/help/me", 200, 200), ("/administrator", 401, 200),
    # Somebody who wants past a rule.
    ("//admin", 403, 403), ("/./admin", 403, 403), ("/public/../admin", 403, 403),
    ("/public/%2e%2e/admin", 403, 403), ("/%61dmin", 401, 403), ("/public//..//admin", 403, 403),
    ("/admin/../public", 403, 403), ("/admin//../public", 403, 403), ("//public", 403, 403),
    ("/x/../y//z", 401, 200), ("/public//x", 200, 200), ("/admin/./x", 401, 403),
    ("/admin/", 401, 403), ("/admin?x", 401, 403), ("/public/..;/admin", 403, 403),
    ("/public/..%2fadmin", 403, 403), ("/public/..%5cadmin", 403, 403),
    ("/public\\..\\admin", 403, 403), ("/admin%00", 403, 403), ("/admin%3b", 403, 403),
    ("/public/%252e%252e/admin", 403, 403), ("/public/../../admin", 403, 403),
    ("/public/%c0%ae%c0%ae/admin", 403, 403), ("public", 403, 403), ("", 403, 403),
])
def test_rules_go_by_the_path_however_it_is_read(ruled, sign, key, claims, path, anonymous, reader):
    assert ruled.verify(headers=nginx(path)).status == anonymous
    assert ruled.verify(sign(key, claims), headers=nginx(path)).status == reader


def test_rules_go_by_the_method(ruled, sign, key, claims):
    reader = sign(key, claims)
    admin = sign(key, {**claims, "scope": "admin"})
    for method, anonymous, with_reader in (("GET", 200, 200), ("HEAD", 200, 200),
                                           ("PUT", 401, 403), ("POST", 401, 200),
                                           ("get", 401, 200)):
        headers = nginx("/files/x", method)
        assert ruled.verify(headers=headers).status == anonymous, method
        assert ruled.verify(reader, headers=headers).status == with_reader, method
    assert ruled.verify(admin, headers=nginx("/files/x", "PUT")).status == 200


def test_nothing_passes_unless_the_gateway_tells_the_request_once(ruled, sign, key, claims):
    token = sign(key, claims)
    for headers in ([], nginx("/public")[:1], nginx("/public")[1:],
                    nginx("/public") + nginx("/admin"),
                    [("X-Forwarded-Uri", "/public"), ("X-Forwarded-Method", "GET")]):
        assert ruled.verify(token, headers=headers).status == 403, headers


def test_another_gateway_is_believed_where_it_is_configured(configure, sign, key, claims):
    rules = [{"path": "/public", "action": "allow"}]
    service = configure(policy(gateway="forwarded", rules=rules),
                        policy("raw", gateway="envoy", rules=rules))
    headers = [("X-Forwarded-Uri", "/public/x"), ("X-Forwarded-Method", "GET"),
               ("X-Original-URI", "/other")]
    assert service.verify(headers=headers).status == 200
    assert service.verify(path="/verify/raw/public/x?y").status == 200
    assert service.verify(path="/verify/raw/other", headers=headers).status == 401
    assert service.verify(sign(key, claims), path="/verify/raw/other").status == 200
    assert service.verify(path="/verify/raw/public/../other").status == 403


def test_identity_is_empty_for_who_passes_without_a_token(ruled):
    answer = ruled.verify("not.a.token", headers=nginx("/public"))
    assert answer.status == 200 and answer.headers["Content-Length"] == "0", answer
    assert [answer.headers[f"X-Auth-{name}"] for name in ("Subject", "Issuer", "Scope")] == [""] * 3


def test_head_is_answered_like_get(ruled, sign, key, claims):
    token = sign(key, claims)
    for path in ("/", "/admin", "/public", "/internal"):
        get = ask(ruled.addresses["listen"], "GET", "/verify",
                  [("Authorization", f"Bearer {token}"), *nginx(path)])
        head = ask(ruled.addresses["listen"], "HEAD", "/verify",
                   [("Authorization", f"Bearer {token}"), *nginx(path)])
        assert (get.status, get.headers.items()) == (head.status, head.headers.items())
        assert head.body == b""


def test_an_accepted_issuer_is_looked_for_and_another_is_not(configure, sign, key, claims):
    """Both have no keys here: the one that a pattern stands for could not be asked (503), since its
    name leads to this machine, which no token may have asked; of the other nothing is believed."""
    service = configure(policy(accepted_issuers={"patterns": ["https://*.idp.localhost/*"]}))
    assert service.verify(sign(key, claims)).status == 200
    claims["iss"] = "https://tenant.idp.localhost/one"
    assert service.verify(sign(key, claims)).status == 503
    told, = json.loads(service.admin("/status").body)["accepted_issuers"]
    assert (told["policy"], told["issuer"]) == ("default", claims["iss"])
    assert told["key_count"] == 0 and told["health"] == "failing"
    assert told["last_error"] == "transport_connect"
    for other in ("https://tenant.idp.localhost", "https://tenant.idp.localhost/one/two",
                  "https://a.tenant.idp.localhost/one", "https://idp.localhost/one",
                  "http://tenant.idp.localhost/one"):
        claims["iss"] = other
        assert_refused(service.verify(sign(key, claims)))
    assert service.metric('jwkeep_accepted_issuers{policy="default",state="unloaded"}') == 1
    assert service.metric('jwkeep_accepted_issuers{policy="default",state="ok"}') == 0
    assert service.metric('jwkeep_accepted_names_total{policy="default",result="accepted"}') == 1
    assert service.metric('jwkeep_accepted_names_total{policy="default",result="refused"}') == 5

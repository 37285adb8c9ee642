# SPDX-License-Identifier: Apache-2.0
"""Each gateway, as its page in docs/gateways sets it up: what passes, what the client sees and
what the application is told."""
import concurrent.futures
import http.client
import threading

import pytest

from support import forge
from support.gateway import Apache, Caddy, Haproxy, Nginx
from support.program import DEADLINE_S

pytestmark = pytest.mark.foreign

GATEWAYS = {"nginx": Nginx, "caddy": Caddy, "haproxy": Haproxy, "apache": Apache}
IDENTITY = ("x-auth-subject", "x-auth-issuer", "x-auth-scope")
SPELLINGS = (str, str.title, str.upper, lambda name: name.replace("-", "_"),
             lambda name: name.title().replace("-", "_"), lambda name: name.replace("-", "_", 1),
             lambda name: name.title().replace("h-", "h_"))
REQUESTS = 30
HTTP_MAX_HEAD_BYTES = 32768  # of server/http/request_reader.h
COOKIE_BYTES = 8150  # with its name just below a line's most to nginx
CLIENTS = 4


@pytest.fixture(params=list(GATEWAYS))
def kind(request):
    return GATEWAYS[request.param]


@pytest.fixture(params=["listen", "unix"])
def gateway(request, kind, service, home, application):
    with kind(home, service.addresses[request.param], application.address) as running:
        yield running


@pytest.fixture
def token(sign, key, claims):
    return sign(key, claims)


def told(application, name):
    """The values of a field in the only request that reached the application."""
    assert len(application.requests) == 1, application.requests
    return [value for field, value in application.requests[0]["headers"] if field == name]


def assert_refused(answer, application, error):
    assert answer.status == 401, answer
    assert f'error="{error}"' in answer.headers["WWW-Authenticate"], answer
    assert not application.requests


def assert_undecided(answer, application):
    assert answer.status == 503, answer
    assert int(answer.headers["Retry-After"]) > 0, answer
    assert not application.requests


def test_a_good_token_passes_with_its_identity(gateway, token, claims, application):
    answer = gateway.ask(token, path="/orders?id=1")
    assert answer.status == 200, (answer, gateway.log())
    assert told(application, "x-auth-subject") == ["alice"]
    assert told(application, "x-auth-issuer") == [claims["iss"]]
    assert told(application, "x-auth-scope") == ["read write"]
    assert application.requests[0]["path"] == "/orders?id=1"


def test_without_a_token_the_client_is_asked_for_one(gateway, application):
    answer = gateway.ask()
    assert answer.status == 401, (answer, gateway.log())
    assert answer.headers.get_all("WWW-Authenticate") == ['Bearer realm="jwkeep"']
    assert not application.requests


def test_bad_tokens_are_refused_with_the_reason(gateway, sign, key, claims, token, application):
    expired = sign(key, {**claims, "exp": claims["iat"] - 1})
    other = sign(key, {**claims, "aud": "other"})
    for bad in (expired, other, forge.with_claim(token, "sub", "mallory"),
                forge.with_bit_flipped(token, 7),
                forge.unsigned({"alg": "none"}, claims) + "."):
        assert_refused(gateway.ask(bad), application, "invalid_token")


def test_two_authorization_fields_never_pass(gateway, token, application):
    answer = gateway.ask(token, headers=[("Authorization", "Bearer x.y.z")])
    assert answer.status in (400, 401), answer
    assert not application.requests


def test_an_identity_of_the_clients_own_never_reaches_the_application(gateway, sign, key, claims,
                                                                      application):
    """Neither beside a claim nor in the place of an absent one, under no spelling."""
    del claims["scope"]
    spoofed = [(spell(name), "mallory") for name in IDENTITY for spell in SPELLINGS]
    answer = gateway.ask(sign(key, claims), headers=spoofed)
    assert answer.status == 200, (answer, gateway.log())
    assert told(application, "x-auth-subject") == ["alice"]
    assert told(application, "x-auth-issuer") == [claims["iss"]]
    assert told(application, "x-auth-scope") in ([], [""])
    assert "mallory" not in str(application.requests)


@pytest.mark.parametrize("size", [500, 1024, 1025, 2000])
def test_long_identities_fit_into_the_gateways_buffers(gateway, sign, key, claims, application,
                                                      size):
    """A value is whole or empty; a gateway that chokes on jwkeep's answer would say 5xx."""
    claims.update(sub="s" * size, scope="t" * size)
    answer = gateway.ask(sign(key, claims))
    assert answer.status == 200, (answer, gateway.log())
    is_sent = size <= 1024  # VERIFY_MAX_IDENTITY_BYTES
    for name, letter in (("x-auth-subject", "s"), ("x-auth-scope", "t")):
        assert told(application, name) in ([[letter * size]] if is_sent else [[], [""]])


def test_an_upload_reaches_the_application_only(gateway, token, application):
    body = bytes(range(256)) * 256  # more than jwkeep would read
    assert gateway.ask(token, "POST", body=body).status == 200, gateway.log()
    assert application.requests[0]["body"] == body.decode("latin-1")
    assert application.requests[0]["method"] == "POST"


def test_an_upload_in_chunks_reaches_the_application_only(gateway, token, application):
    connection = http.client.HTTPConnection(gateway.address, timeout=DEADLINE_S)
    try:
        connection.request("POST", "/orders", iter([b"one,", b"two,", b"three"]),
                           {"Authorization": f"Bearer {token}", "Transfer-Encoding": "chunked"},
                           encode_chunked=True)
        assert connection.getresponse().status == 200, gateway.log()
    finally:
        connection.close()
    assert application.requests[0]["body"] == "one,two,three"


def test_a_request_with_many_cookies_passes(gateway, token, application):
    cookies = [("Cookie", f"c{i}=" + "x" * 3000) for i in range(2)]
    assert gateway.ask(token, headers=cookies).status == 200, gateway.log()
    assert "".join(told(application, "cookie")).count("x") == 6000


@pytest.mark.parametrize("kind", [Nginx, Caddy])
def test_cookies_are_no_matter_of_jwkeeps(gateway, token, application):
    """Where the page takes them out: with them, the fields are more than jwkeep reads."""
    assert 4 * COOKIE_BYTES + len(token) > HTTP_MAX_HEAD_BYTES
    fields = [("Authorization", f"Bearer {token}"),
              *(("Cookie", f"c{i}=".ljust(COOKIE_BYTES, "x")) for i in range(4))]
    assert gateway.ask(headers=fields).status == 200, gateway.log()
    assert len("".join(told(application, "cookie"))) >= 4 * COOKIE_BYTES


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS"])
def test_each_method_needs_a_token(gateway, token, application, method):
    assert gateway.ask(method=method).status == 401
    assert not application.requests
    assert gateway.ask(token, method=method).status == 200, gateway.log()
    assert application.requests[0]["method"] == method


def test_an_error_of_the_application_stays_its_own(gateway, token, application):
    application.status = 500
    assert gateway.ask(token).status == 500
    assert len(application.requests) == 1


def test_a_key_is_known_right_after_a_rotation_while_requests_flow(gateway, token, sign, claims,
                                                                  make_key, issuer):
    stop = threading.Event()

    def keep_asking():
        statuses = []
        while not stop.is_set():
            statuses.append(gateway.ask(token).status)
        return statuses

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        flows = [pool.submit(keep_asking) for _ in range(CLIENTS)]
        try:
            second = make_key("second")
            rotated = sign(second, claims)
            issuer.keys = [second.public, *issuer.keys]
            statuses = [gateway.ask(rotated).status for _ in range(REQUESTS)]
        finally:
            stop.set()
        assert statuses == [200] * REQUESTS, gateway.log()
        for flow in flows:
            assert set(flow.result()) == {200}, gateway.log()


def test_checks_share_their_connection(gateway, service, token):
    assert gateway.ask(token).status == 200
    before = service.metric("jwkeep_connections_total")
    statuses = [gateway.ask(token).status for _ in range(REQUESTS)]
    opened = service.metric("jwkeep_connections_total") - before
    print(f"{REQUESTS} checks over {opened:.0f} new connections")
    assert statuses == [200] * REQUESTS
    assert opened <= gateway.most_connections


@pytest.fixture
def on_unix_socket(kind, service, home, application):
    with kind(home, service.addresses["unix"], application.address) as running:
        yield running


def test_checks_go_on_after_a_restart_of_the_verifier(on_unix_socket, service, start_service,
                                                      token):
    for _ in range(REQUESTS):
        assert on_unix_socket.ask(token).status == 200
    service.stop()
    start_service()
    statuses = [on_unix_socket.ask(token).status for _ in range(REQUESTS)]
    assert statuses == [200] * REQUESTS, on_unix_socket.log()


def test_a_verifier_that_is_gone_lets_nothing_pass(gateway, service, token, application):
    assert gateway.ask(token).status == 200
    application.requests.clear()
    service.stop()
    answer = gateway.ask(token)
    assert answer.status in (502, 503), (answer, gateway.log())
    assert not application.requests


@pytest.fixture(params=["listen", "unix"])
def lost(request, kind, start_service, issuer, home, application):
    """A gateway whose service cannot get keys."""
    issuer.status = 500
    service = start_service("--jwks", issuer.jwks_url, "--iss", issuer.url)
    with kind(home, service.addresses[request.param], application.address) as running:
        yield running


def test_without_keys_the_client_sees_503(lost, token, application):
    assert_undecided(lost.ask(token), application)

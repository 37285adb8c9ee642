# SPDX-License-Identifier: Apache-2.0
"""jwkeep jwks: sets in files and behind URLs."""
import json

from support.cli import NO, UNDECIDED, USAGE, YES, refuses
from support.vectors import ES256_KEY, RSA_KEY, RSA_THUMBPRINT


def test_list_shows_the_keys_of_a_file(program, file):
    out = program.ok("jwks", "list", file({"keys": [RSA_KEY, ES256_KEY]})).decode()
    assert "2011-04-29" in out and RSA_THUMBPRINT.decode() in out


def test_list_names_what_it_left_out(program, file):
    keys = [RSA_KEY, {"kty": "quantum", "kid": "odd"}]
    done = program.run("jwks", "list", file({"keys": keys}))
    assert done.returncode == YES and b"2011-04-29" in done.stdout, done
    assert b"odd" in done.stdout + done.stderr, done


def test_list_refuses_what_is_no_set(program):
    refuses(program, NO, "jwks", "list", "-", stdin=b"[]")
    refuses(program, NO, "jwks", "list", "-", stdin=b"{\"keys\":")


def test_fetch_gives_the_set_of_a_url(program, issuer):
    issuer.keys = [RSA_KEY]
    out = program.ok("jwks", "fetch", "--allow-http-loopback", issuer.jwks_url)
    assert [key["kid"] for key in json.loads(out)["keys"]] == ["2011-04-29"]
    issuer.status = 500
    refuses(program, UNDECIDED, "jwks", "fetch", "--allow-http-loopback", issuer.jwks_url)


def test_fetch_refuses_plain_http(program, issuer):
    issuer.keys = [RSA_KEY]
    refuses(program, USAGE, "jwks", "fetch", issuer.jwks_url)
    assert issuer.downloads == 0


def test_fetch_tells_a_wrong_url_from_one_that_the_issuer_names(program, issuer):
    for url in ("ftp://127.0.0.1/jwks.json", "127.0.0.1/jwks.json"):
        refuses(program, USAGE, "jwks", "fetch", url, says="[transport_url]")
        refuses(program, USAGE, "jwks", "fetch", "--issuer", url, says="[transport_url]")
    issuer.jwks_url = "ftp://127.0.0.1/jwks.json"
    refuses(program, UNDECIDED, "jwks", "fetch", "--allow-http-loopback", "--issuer", issuer.url,
            says="(jwks_uri)")

# SPDX-License-Identifier: Apache-2.0
"""jwkeep jwt verify with a policy: claims of any name, scopes, profiles, nested tokens, proofs of
possession, and every failure on a line of its own."""
import hashlib
import hmac
import json

import pytest

from support.cli import NO, USAGE, YES, refuses
from support.forge import decode as decode_segment, encode

NOW = 1700000000
CLAIMS = {"iss": "https://issuer.example", "sub": "alice", "aud": "api", "iat": NOW - 10,
          "exp": NOW + 300, "jti": "1", "client_id": "app", "scope": "read write",
          "tenant": "acme", "level": 3, "admin": False, "roles": ["dev", "ops"],
          "auth_time": NOW - 60}


@pytest.fixture
def make(program, make_key):
    """make(claims, options…) signs them; make.key is the file of the key."""
    key = str(make_key("first").path)

    def sign(claims, *options):
        done = program.ok("jwt", "sign", "--key", key, *options, stdin=json.dumps(claims).encode())
        return done.decode().strip()

    sign.key = key
    return sign


@pytest.fixture
def verify(program, make):
    def run(token, *options):
        return program.run("jwt", "verify", "--key", make.key, "--now", str(NOW), *options,
                           stdin=token.encode())

    return run


GOOD = [
    ["--claim", "tenant=acme"], ["--claim", "tenant=x", "--claim", "tenant=acme"],
    ["--claim-json", "level=3"], ["--claim-json", "level=3.0"], ["--claim-json", "admin=false"],
    ["--claim-json", 'tenant="acme"'], ["--claim", "tenant=x", "--claim-json", 'tenant="acme"'],
    ["--contains", "roles=dev", "--contains", "roles=ops"], ["--contains", "scope=write"],
    ["--scope", "read", "--scope", "write"], ["--max-auth-age", "60"],
]


@pytest.mark.parametrize("options", GOOD, ids=" ".join)
def test_passes_a_token_that_meets_the_policy(make, verify, options):
    done = verify(make(CLAIMS), *options)
    assert done.returncode == YES and json.loads(done.stdout) == CLAIMS, done


BAD = [
    (["--claim", "tenant=acm"], "tenant", "claim_mismatch"),
    (["--claim", "level=3"], "level", "claim_type"),
    (["--claim", "admin=false"], "admin", "claim_type"),
    (["--claim", "missing=x"], "missing", "claim_missing"),
    (["--claim-json", "level=4"], "level", "claim_mismatch"),
    (["--contains", "roles=de"], "roles", "claim_mismatch"),
    (["--contains", "roles=dev", "--contains", "roles=boss"], "roles", "claim_mismatch"),
    (["--scope", "delete"], "scope", "scope_insufficient"),
    (["--max-auth-age", "59"], "auth_time", "auth_too_old"),
    (["--nonce", "n"], "nonce", "claim_missing"),
]


@pytest.mark.parametrize("options, claim, code", BAD, ids=lambda value: "".join(value))
def test_refuses_a_token_that_does_not(make, verify, options, claim, code):
    done = verify(make(CLAIMS), *options)
    assert done.returncode == NO and done.stdout == b"", done
    line, = done.stderr.decode().splitlines()
    assert f"({claim}, " in line and line.endswith(f"[{code}]"), line


def test_tells_every_failure_on_a_line(make, verify):
    done = verify(make({**CLAIMS, "exp": NOW - 180}), "--iss", "other", "--aud", "x", "--scope", "z",
                  "--claim", "tenant=x", "--require", "acr", "--contains", "roles=boss")
    codes = [line.rsplit("[", 1)[1] for line in done.stderr.decode().splitlines()]
    assert codes == ["issuer_mismatch]", "audience_mismatch]", "token_expired]", "claim_missing]",
                     "scope_insufficient]", "claim_mismatch]", "claim_mismatch]"], done
    done = verify(make(CLAIMS), "--claim", "a=1", "--claim", "b=1", "--json")
    answer = json.loads(done.stdout)
    assert [error["where"] for error in answer["errors"]] == ["a", "b"], answer


@pytest.mark.parametrize("options", [
    ["--claim", "nothing"], ["--claim", "=x"], ["--contains", "x"], ["--claim-json", "a={}"],
    ["--claim-json", "a=1.5"], ["--claim-json", "a=null"], ["--claim-json", "a=tru"],
    ["--scope", "a b"], ["--scope", ""], ["--profile", "jwt"], ["--profile", "at+jwt"],
    ["--profile", "at+jwt", "--iss", "i"], ["--profile", "id-token", "--iss", "i"],
    ["--client-id", "x"], ["--dpop", "x"], ["--dpop-url", "https://a.example"],
    ["--max-auth-age", "0"],
], ids=" ".join)
def test_refuses_a_policy_that_makes_no_sense(program, make, options):
    refuses(program, USAGE, "jwt", "verify", "--key", make.key, "--now", str(NOW), *options,
            stdin=make(CLAIMS).encode())


def test_names_the_claim_of_a_policy_for_an_issuers_keys(program, make, issuer, make_key):
    issuer.keys = [make_key("first").public]
    done = program.run("jwt", "verify", "--jwks", issuer.jwks_url, "--allow-http-loopback",
                       "--now", str(NOW), "--claim", "tenant=x", "--contains", "roles=boss",
                       stdin=make(CLAIMS).encode())
    assert done.returncode == NO, done
    # Refused before anything is downloaded: by the first claim alone.
    line, = done.stderr.decode().splitlines()
    assert "(tenant, " in line and not issuer.downloads, done


AT_JWT = ["--profile", "at+jwt", "--iss", "https://issuer.example", "--aud", "api"]


def test_holds_an_access_token_against_its_profile(make, verify):
    token = make(CLAIMS, "--typ", "at+jwt")
    assert verify(token, *AT_JWT).returncode == YES
    assert verify(token, *AT_JWT, "--client-id", "app").returncode == YES
    assert b"client_mismatch" in verify(token, *AT_JWT, "--client-id", "x").stderr
    assert b"typ_mismatch" in verify(make(CLAIMS), *AT_JWT).stderr
    bare = {name: CLAIMS[name] for name in ("iss", "aud", "exp")}
    lines = verify(make(bare, "--typ", "at+jwt"), *AT_JWT).stderr.decode().splitlines()
    assert [line.split("(")[1].split(",")[0] for line in lines] == ["sub", "client_id", "iat", "jti"]


ID_TOKEN = ["--profile", "id-token", "--iss", "https://issuer.example", "--client-id", "api"]


def test_holds_an_id_token_against_its_profile(make, verify):
    token = make({**CLAIMS, "nonce": "n"})
    assert verify(token, *ID_TOKEN, "--nonce", "n").returncode == YES
    assert b"nonce_mismatch" in verify(token, *ID_TOKEN, "--nonce", "m").stderr
    assert b"typ_mismatch" in verify(make(CLAIMS, "--typ", "at+jwt"), *ID_TOKEN).stderr
    several = make({**CLAIMS, "aud": ["api", "partner"], "azp": "api"})
    assert b"audience_mismatch" in verify(several, *ID_TOKEN).stderr
    assert verify(several, *ID_TOKEN, "--aud", "partner").returncode == YES


def bind(program, make, make_key):
    """A bound token and the key it is bound to."""
    client = str(make_key("second").path)
    jkt = program.ok("jwk", "thumbprint", client).decode().strip()
    return make({**CLAIMS, "cnf": {"jkt": jkt}}), client


def prove(program, token, key, public, **changes):
    """A proof of possession by `key`, which shows `public`."""
    ath = encode(hashlib.sha256(token.encode()).digest())
    claims = {"jti": "1", "htm": "GET", "htu": "https://api.example/r", "iat": NOW, "ath": ath,
              **changes}
    return program.ok("jwt", "sign", "--key", key, "--no-kid", "--typ", "dpop+jwt",
                      "--header-json", "jwk=" + json.dumps(public),
                      stdin=json.dumps(claims).encode()).decode().strip()


def test_holds_a_bound_token_against_a_proof(program, make, verify, tmp_path, make_key):
    token, client = bind(program, make, make_key)
    public = json.loads(program.ok("jwk", "public", client))
    file = tmp_path / "proof"

    def check(proof, *options):
        file.write_text(proof)
        return verify(token, "--dpop", str(file), "--dpop-url", "https://api.example/r", *options)

    good = prove(program, token, client, public)
    assert check(good).returncode == YES
    assert b"dpop_method_mismatch" in check(good, "--dpop-method", "POST").stderr
    assert b"dpop_nonce_mismatch" in check(good, "--dpop-nonce", "n").stderr
    assert b"dpop_url_mismatch" in check(prove(program, token, client, public,
                                               htu="https://api.example/x")).stderr
    assert b"token_too_old" in check(prove(program, token, client, public, iat=NOW - 61)).stderr
    assert b"dpop_hash_mismatch" in check(prove(program, token + "x", client, public)).stderr
    thief = json.loads(program.ok("jwk", "public", make.key))
    assert b"confirmation_mismatch" in check(prove(program, token, make.key, thief)).stderr
    done = verify(token)
    assert done.returncode == YES and b"--dpop" in done.stderr, done


def test_verifies_a_token_inside_a_token(program, tmp_path):
    key = tmp_path / "oct.json"
    key.write_bytes(program.ok("jwk", "generate", "--alg", "HS256"))
    secret = decode_segment(json.loads(key.read_bytes())["k"])
    inner = program.ok("jwt", "sign", "--key", str(key), stdin=json.dumps(CLAIMS).encode()).strip()
    start = encode(b'{"alg":"HS256","cty":"JWT"}') + "." + encode(inner)
    outer = start + "." + encode(hmac.digest(secret, start.encode(), hashlib.sha256))
    arguments = ["jwt", "verify", "--key", str(key), "--now", str(NOW)]
    refuses(program, NO, *arguments, stdin=outer.encode(), says="token_nested")
    claims = program.ok(*arguments, "--nested", "--claim", "tenant=acme", stdin=outer.encode())
    assert json.loads(claims) == CLAIMS
    refuses(program, NO, *arguments, "--nested", "--claim", "tenant=x", stdin=outer.encode(),
            says="tenant")
    refuses(program, USAGE, "jwt", "verify", "--issuer", "https://issuer.example", "--nested")
    shown = program.run("jwt", "decode", stdin=outer.encode())
    assert shown.returncode == YES and b"around another" in shown.stdout, shown
    assert b'"tenant": "acme"' in shown.stdout and b"nothing of this token was verified" in shown.stderr
    looked = json.loads(program.ok("jwt", "decode", "--json", stdin=outer.encode()))
    assert looked["claims"] == CLAIMS and "cty" not in looked["header"]
    deep = inner.decode()
    for _ in range(3):
        deep = encode(b'{"alg":"HS256","cty":"jwt"}') + "." + encode(deep.encode()) + ".AAAA"
    assert program.run("jwt", "decode", stdin=deep.encode()).returncode == NO

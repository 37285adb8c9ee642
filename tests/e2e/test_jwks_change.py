# SPDX-License-Identifier: Apache-2.0
"""jwkeep jwks merge, add and remove: sets in files, changed without losing anything."""
import json
import os

from support.cli import NO, USAGE, refuses
from support.vectors import ES256_KEY, RSA_KEY, RSA_THUMBPRINT

SET = {"issuer": "https://idp.example", "keys": [RSA_KEY]}
UNKNOWN = {"kty": "quantum", "kid": "odd"}


def kinds(text):
    return [key["kty"] for key in json.loads(text)["keys"]]


def test_merge_says_what_it_added(program, file):
    other = file({"keys": [ES256_KEY, RSA_KEY], "more": 1})
    done = program.run("jwks", "merge", file(SET), "--with", other)
    assert done.returncode == 0 and kinds(done.stdout) == ["RSA", "EC"], done
    assert json.loads(done.stdout)["issuer"] == "https://idp.example"
    assert "more" not in json.loads(done.stdout)
    assert done.stderr.decode().splitlines() == ["jwkeep: added: EC key"]
    done = program.run("jwks", "merge", file(SET), "--with", file({"keys": [RSA_KEY]}))
    assert kinds(done.stdout) == ["RSA"] and b"no key that is not there" in done.stderr
    refuses(program, USAGE, "jwks", "merge", file(SET), says="--with")


def test_add_and_remove_change_a_file_in_place(program, file, tmp_path):
    path = file(SET)
    os.chmod(path, 0o640)
    before = sorted(os.listdir(tmp_path))
    program.ok("jwks", "add", path, "--key", file(ES256_KEY), "--in-place")
    with open(path, "rb") as changed:
        assert kinds(changed.read()) == ["RSA", "EC"]
    assert os.stat(path).st_mode & 0o777 == 0o640
    assert not [name for name in os.listdir(tmp_path) if name.startswith(os.path.basename(path))
                and name not in before]
    program.ok("jwks", "remove", path, "--thumbprint", RSA_THUMBPRINT.decode(), "--in-place")
    with open(path, "rb") as changed:
        assert kinds(changed.read()) == ["EC"]


def test_add_takes_the_same_key_once_and_pem_too(program, file):
    pem = program.ok("jwk", "convert", "--to", "pem", stdin=json.dumps(ES256_KEY).encode())
    done = program.run("jwks", "add", file(SET), "--key", file(RSA_KEY), "--key", file(pem))
    assert kinds(done.stdout) == ["RSA", "EC"], done
    assert b"is there already: RSA" in done.stderr and b"added: EC" in done.stderr
    refuses(program, USAGE, "jwks", "add", file(SET), says="--key")
    refuses(program, NO, "jwks", "add", file(SET), "--key", file(b"{}"))


def test_remove_by_kid_and_key_and_nothing(program, file):
    both = file({"keys": [RSA_KEY, ES256_KEY]})
    assert kinds(program.ok("jwks", "remove", both, "--kid", RSA_KEY["kid"])) == ["EC"]
    assert kinds(program.ok("jwks", "remove", both, "--key", file(RSA_KEY))) == ["EC"]
    refuses(program, NO, "jwks", "remove", both, "--kid", "nobody", says="no such key")
    refuses(program, USAGE, "jwks", "remove", both, says="one of")
    refuses(program, USAGE, "jwks", "remove", both, "--kid", "a", "--key", "b", says="one of")


def test_a_key_that_cannot_be_kept_stops_the_change(program, file):
    path = file({"keys": [RSA_KEY, UNKNOWN]})
    done = program.run("jwks", "remove", path, "--kid", RSA_KEY["kid"], "--in-place")
    assert done.returncode == NO and b"--drop-unusable" in done.stderr, done
    with open(path, "rb") as same:
        assert len(json.load(same)["keys"]) == 2
    out = program.ok("jwks", "add", path, "--key", file(ES256_KEY), "--drop-unusable")
    assert kinds(out) == ["RSA", "EC"]


def test_private_keys_stay_unless_public_is_asked(program, file):
    own = program.ok("jwk", "generate", "--alg", "ES256")
    out = json.loads(program.ok("jwks", "add", file(SET), "--key", file(own)))
    assert "d" in out["keys"][1]
    out = json.loads(program.ok("jwks", "add", file(SET), "--key", file(own), "--public"))
    assert "d" not in out["keys"][1]


def test_in_place_needs_a_file(program, file):
    refuses(program, USAGE, "jwks", "add", "-", "--key", file(ES256_KEY), "--in-place",
            stdin=json.dumps(SET).encode(), says="--in-place")

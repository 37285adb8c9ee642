# SPDX-License-Identifier: Apache-2.0
"""jwkeep jws beyond the compact form: JSON serializations, several keys, detached and unencoded
payloads, critical parameters, inspection."""
import json

import pytest

from support import forge
from support.cli import NO, USAGE, YES, refuses

PAYLOAD = b"\x00 any bytes \xff"


@pytest.fixture(scope="module")
def keys(program, tmp_path_factory):
    """Private and public files of three keys, and one of a stranger."""
    folder = tmp_path_factory.mktemp("keys")

    def make(name, alg):
        private, public = folder / f"{name}.json", folder / f"{name}.public.json"
        private.write_bytes(program.ok("jwk", "generate", "--alg", alg, "--kid", name))
        public.write_bytes(program.ok("jwk", "public", stdin=private.read_bytes()))
        return str(private), str(public)

    return {name: make(name, alg) for name, alg in
            [("a", "ES256"), ("b", "EdDSA"), ("c", "PS256"), ("stranger", "ES256")]}


def each_key(keys, *names, private=False):
    return [word for name in names for word in ("--key", keys[name][0 if private else 1])]


def sign(program, keys, *words, names=("a",), payload=PAYLOAD):
    return program.ok("jws", "sign", *each_key(keys, *names, private=True), *words, stdin=payload)


def test_flattened_and_general_hold(program, keys):
    for form, has_list in (("--flattened", False), ("--general", True)):
        token = sign(program, keys, form)
        assert ("signatures" in json.loads(token)) == has_list
        assert program.ok("jws", "verify", *each_key(keys, "a"), stdin=token) == PAYLOAD
        refuses(program, NO, "jws", "verify", *each_key(keys, "stranger"), stdin=token,
                says="signature")


def test_several_keys_sign_and_all_must_hold(program, keys):
    token = sign(program, keys, names=("a", "b", "c"))
    assert len(json.loads(token)["signatures"]) == 3
    assert program.ok("jws", "verify", *each_key(keys, "a", "b", "c"), stdin=token) == PAYLOAD
    done = program.run("jws", "verify", *each_key(keys, "a", "b"), stdin=token)
    assert (done.returncode, done.stdout) == (NO, b""), done
    assert b"signature 1 of 3: ES256 holds" in done.stderr, done
    assert b"signature 3 of 3: no key has this" in done.stderr, done
    for policy in ("any", "all"):
        done = program.run("jws", "verify", *each_key(keys, "a", "b"), "--policy", policy,
                           stdin=token)
        assert done.returncode == (YES if policy == "any" else NO), done
    refuses(program, USAGE, "jws", "verify", *each_key(keys, "a"), "--policy", "some",
            stdin=token, says="--policy")


def test_one_signature_by_each_key_must_hold(program, keys):
    verify = ["jws", "verify", "--policy", "keys"]
    token = sign(program, keys, names=("a", "b", "c"))
    assert program.ok(*verify, *each_key(keys, "a", "c"), stdin=token) == PAYLOAD
    assert program.ok(*verify, *each_key(keys, "b"), stdin=token) == PAYLOAD
    done = program.run(*verify, *each_key(keys, "a", "stranger"), stdin=token)
    assert (done.returncode, done.stdout) == (NO, b""), done
    for words in (["--flattened"], []):
        alone = sign(program, keys, *words)
        assert program.ok(*verify, *each_key(keys, "a"), stdin=alone) == PAYLOAD
        refuses(program, NO, *verify, *each_key(keys, "a", "b"), stdin=alone)
    refuses(program, USAGE, *verify, "--pinned-thumbprint", "A" * 43, stdin=token,
            says="--policy keys")


def test_a_detached_payload_needs_each_key_too(program, keys, tmp_path):
    file = tmp_path / "payload"
    file.write_bytes(PAYLOAD)
    verify = ["jws", "verify", "--policy", "keys", "--detached", str(file)]
    token = program.ok("jws", "sign", *each_key(keys, "a", private=True), "--detached", str(file))
    program.ok(*verify, *each_key(keys, "a"), stdin=token)
    refuses(program, NO, *verify, *each_key(keys, "a", "b"), stdin=token)


def test_a_key_in_the_token_counts_if_it_is_pinned(program, keys, tmp_path):
    header = tmp_path / "header.json"
    with open(keys["a"][1], encoding="utf-8") as public:
        header.write_text(json.dumps({"jwk": json.load(public)}), encoding="utf-8")
    token = sign(program, keys, "--header", str(header))
    thumbprint = program.ok("jwk", "thumbprint", keys["a"][1]).decode().strip()
    other = program.ok("jwk", "thumbprint", keys["stranger"][1]).decode().strip()
    pinned = ["jws", "verify", "--pinned-thumbprint"]
    assert program.ok(*pinned, thumbprint, stdin=token) == PAYLOAD
    refuses(program, NO, *pinned, other, stdin=token)
    refuses(program, NO, *pinned, thumbprint, stdin=sign(program, keys))
    for wrong in ("", thumbprint[1:], thumbprint + "A", "x" * 200, "!" * 43):
        refuses(program, USAGE, *pinned, wrong, stdin=token, says="--pinned-thumbprint")
    refuses(program, USAGE, *pinned, thumbprint, *each_key(keys, "a"), stdin=token, says="--key")


def test_says_in_json_what_each_signature_is_worth(program, keys):
    token = sign(program, keys, names=("a", "b"))
    done = program.run("jws", "verify", "--json", *each_key(keys, "a", "b"), stdin=token)
    answer = json.loads(done.stdout)
    assert done.returncode == YES and answer["valid"], done
    assert forge.decode(answer["payload"]) == PAYLOAD
    assert [each["key"]["kid"] for each in answer["signatures"]] == ["a", "b"]
    assert answer["signatures"][1]["header"] == {"alg": "EdDSA", "kid": "b"}
    done = program.run("jws", "verify", "--json", *each_key(keys, "a"), stdin=token)
    answer = json.loads(done.stdout)
    assert done.returncode == NO and not answer["valid"] and "payload" not in answer, done
    assert [each["valid"] for each in answer["signatures"]] == [True, False]
    assert all("header" not in each for each in answer["signatures"])
    assert answer["errors"][0]["code"] == "signatures_unmet"
    assert answer["signatures"][1]["errors"][0]["code"] == "key_alg_mismatch"


@pytest.mark.parametrize("name", ["a", "b"])  # ES256 is streamed, EdDSA cannot be
@pytest.mark.parametrize("form", [[], ["--flattened"], ["--general"]])
@pytest.mark.parametrize("b64", [[], ["--b64=false"]])
def test_a_detached_payload_stays_outside(program, keys, tmp_path, name, form, b64):
    file = tmp_path / "payload"
    file.write_bytes(PAYLOAD * 10000)
    token = sign(program, keys, "--detached", str(file), *form, *b64, names=(name,))
    assert len(token) < 1000
    verify = ["jws", "verify", *each_key(keys, name), "--detached"]
    assert program.ok(*verify, str(file), stdin=token) == b""
    path = tmp_path / "token"
    path.write_bytes(token)
    assert program.ok(*verify, "-", str(path), stdin=file.read_bytes()) == b""
    file.write_bytes(PAYLOAD * 9999)
    refuses(program, NO, *verify, str(file), stdin=token, says="signature")
    refuses(program, USAGE, *verify, "-", stdin=token, says="once")
    refuses(program, USAGE, *verify, str(tmp_path / "absent"), stdin=token, says="absent")


@pytest.mark.plain
def test_a_large_payload_takes_no_memory(program, keys, tmp_path):
    file = tmp_path / "large"
    with open(file, "wb") as large:
        large.truncate(200 << 20)
    limited = ["/usr/bin/env", "bash", "-c", f"ulimit -v 100000; exec {program.path} \"$@\"", "-"]
    bounded = type(program)(limited[0])
    token = bounded.ok(*limited[1:], "jws", "sign", *each_key(keys, "a", private=True),
                       "--detached", str(file))
    bounded.ok(*limited[1:], "jws", "verify", *each_key(keys, "a"), "--detached", str(file),
               stdin=token)


def test_b64_false_leaves_the_payload_as_it_is(program, keys):
    token = sign(program, keys, "--b64=false", payload=b"plain text")
    assert token.split(b".")[1] == b"plain text"
    assert program.ok("jws", "verify", *each_key(keys, "a"), stdin=token) == b"plain text"
    refuses(program, NO, "jws", "sign", *each_key(keys, "a", private=True), "--b64=false",
            stdin=b"a.b", says="payload")
    refuses(program, USAGE, "jws", "sign", *each_key(keys, "a", private=True), "--b64=no",
            stdin=b"x", says="--b64")


def test_critical_parameters_must_be_understood(program, keys, tmp_path):
    header = tmp_path / "header.json"
    header.write_text('{"example":1}', encoding="ascii")
    token = sign(program, keys, "--header", str(header), "--crit", "example")
    refuses(program, NO, "jws", "verify", *each_key(keys, "a"), stdin=token, says="crit")
    assert program.ok("jws", "verify", *each_key(keys, "a"), "--crit", "example",
                      stdin=token) == PAYLOAD
    refuses(program, NO, "jws", "sign", *each_key(keys, "a", private=True), "--crit", "example",
            stdin=b"x", says="crit")


def test_an_unprotected_header_is_shown_as_such(program, keys, tmp_path):
    header = tmp_path / "header.json"
    header.write_text('{"note":"x"}', encoding="ascii")
    token = sign(program, keys, "--flattened", "--unprotected", str(header))
    answer = json.loads(program.ok("jws", "verify", "--json", *each_key(keys, "a"), stdin=token))
    assert answer["signatures"][0]["unprotected"] == {"note": "x"}
    refuses(program, USAGE, "jws", "sign", *each_key(keys, "a", private=True), "--unprotected",
            str(header), stdin=b"x", says="unprotected")
    header.write_text('{"alg":"none"}', encoding="ascii")
    refuses(program, NO, "jws", "sign", *each_key(keys, "a", private=True), "--flattened",
            "--unprotected", str(header), stdin=b"x", says="alg")


def test_inspects_without_verifying_and_says_so(program, keys):
    for words, names in (([], "a"), (["--general"], "a"), ([], "abc")):
        token = sign(program, keys, *words, names=tuple(names), payload=b'{"sub":"x"}')
        done = program.run("jws", "inspect", "--json", stdin=token)
        answer = json.loads(done.stdout)
        assert done.returncode == YES and b"nothing of this token was verified" in done.stderr
        assert answer["verified"] is False and answer["payload"] == {"sub": "x"}
        assert [each["protected"]["kid"] for each in answer["signatures"]] == list(names)
    token = sign(program, keys)
    answer = json.loads(program.ok("jws", "inspect", stdin=token))
    assert forge.decode(answer["payload_base64url"]) == PAYLOAD
    for bad in (b"", b"x", b"{}", b"a.b.c", b'{"payload":"","signatures":[]}'):
        refuses(program, NO, "jws", "inspect", stdin=bad)


@pytest.mark.parametrize("words, says", [
    (["--flattened", "--general"], "--flattened"), (["--detached", "x", "y"], "--detached"),
    (["--header", "-"], "once"), (["--alg", "none"], "none")])
def test_refuses_options_that_do_not_go_together(program, keys, words, says):
    refuses(program, USAGE, "jws", "sign", *each_key(keys, "a", private=True), *words, stdin=b"x",
            says=says)


def test_refuses_choices_for_one_key_where_there_are_several(program, keys):
    for words in (["--alg", "ES256"], ["--kid", "a"]):
        refuses(program, USAGE, "jws", "sign", *each_key(keys, "a", "b", private=True), *words,
                stdin=b"x", says="single")

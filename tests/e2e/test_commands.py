# SPDX-License-Identifier: Apache-2.0
"""Every command: its help, and what it says to a slip of the hand."""
import pytest

from support.cli import USAGE, YES, refuses

COMMANDS = [
    ["jwk", "generate"], ["jwk", "check"], ["jwk", "public"], ["jwk", "thumbprint"],
    ["jwks", "list"], ["jwks", "fetch"],
    ["jws", "sign"], ["jws", "verify"],
    ["jwt", "sign"], ["jwt", "verify"], ["jwt", "decode"],
    ["serve"], ["dev-issuer"], ["bench", "memory"], ["bench", "read"],
    ["bench", "storm"], ["bench", "verify"], ["sim"], ["completion"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_explains_itself(program, command):
    done = program.run(*command, "--help")
    assert done.returncode == YES and done.stderr == b"", done
    text = done.stdout.decode()
    assert text.lower().startswith("usage: jwkeep " + " ".join(command)), text
    assert "xample" in text, text


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_refuses_an_option_it_does_not_have(program, command):
    refuses(program, USAGE, *command, "--no-such-option", says="--no-such-option")


@pytest.mark.parametrize("noun", ["jwk", "jwks", "jws", "jwt", "bench"])
def test_refuses_a_verb_it_does_not_have(program, noun):
    refuses(program, USAGE, noun, "frobnicate", says="frobnicate")
    refuses(program, USAGE, noun)


def test_refuses_a_command_it_does_not_have(program):
    refuses(program, USAGE, "frobnicate", says="frobnicate")
    refuses(program, USAGE)


def test_explains_the_whole_program(program):
    text = program.ok("--help").decode()
    for command in COMMANDS:
        assert command[0] in text


def test_tells_its_version(program):
    assert program.ok("--version").startswith(b"jwkeep ")


@pytest.mark.parametrize("options", [
    [],
    ["--issuer", "https://issuer.example", "--listen", "nonsense", "--audience", "a"],
    ["--issuer", "https://issuer.example", "--listen", "127.0.0.1:99999", "--audience", "a"],
    ["--dev", "--issuer", "https://issuer.example"],
    ["--issuer", "http://127.0.0.1:1", "--audience", "a"],
], ids=" ".join)
def test_serve_refuses_what_it_cannot_do(program, options):
    refuses(program, USAGE, "serve", *options)


def test_the_test_issuer_stays_on_loopback(program):
    refuses(program, USAGE, "dev-issuer", "--listen", "0.0.0.0:0")


def test_bench_refuses_numbers_that_make_no_sense(program):
    refuses(program, USAGE, "bench", "storm", "--requests", "many")
    refuses(program, USAGE, "bench", "storm", "--requests", "0")
    refuses(program, USAGE, "bench", "read", "--threads", "257")


@pytest.mark.parametrize("command", [["jwk", "generate", "--alg", "ES256"],
                                     ["serve", "--issuer", "https://issuer.example",
                                      "--audience", "api", "--listen", "127.0.0.1:0"]])
def test_refuses_to_compute_with_another_engine_than_the_one_named(program, monkeypatch, command):
    monkeypatch.setenv("JWKEEP_ENGINE", "no-such")
    refuses(program, USAGE, *command, says="JWKEEP_ENGINE")


def test_computes_with_the_engine_named(program, monkeypatch):
    monkeypatch.setenv("JWKEEP_ENGINE", "openssl")
    program.ok("jwk", "generate", "--alg", "ES256")

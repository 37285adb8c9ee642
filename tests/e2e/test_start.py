# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve --start: lazy, eager, required."""
import signal
import subprocess

from support.cli import UNDECIDED, USAGE, refuses
from support.program import DEADLINE_S, wait_until

HOST = ("serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")


def options(issuer, *more):
    return ("--jwks", issuer.jwks_url, "--iss", issuer.url, "--allow-http-loopback", *more)


def test_r23_a_lazy_start_downloads_with_the_first_token(serve, issuer, key, sign, claims):
    issuer.keys = [key.public]
    service = serve(*options(issuer, "--start", "lazy"))
    assert service.admin("/readyz").status == 503 and issuer.downloads == 0
    assert service.verify(sign(key, claims)).status == 200
    assert service.admin("/readyz").status == 200 and issuer.downloads == 1


def test_r23_an_eager_start_serves_without_keys_and_gets_them(serve, issuer, key):
    issuer.keys = [key.public]
    issuer.gate.clear()
    service = serve(*options(issuer, "--start", "eager"))
    assert service.admin("/readyz").status == 503
    issuer.gate.set()
    wait_until("ready", lambda: service.admin("/readyz").status == 200)


def test_r23_a_required_start_serves_with_keys_from_the_first_moment(serve, issuer, key):
    issuer.keys = [key.public]
    service = serve(*options(issuer, "--start", "required"))
    assert service.admin("/readyz").status == 200


def test_r23_a_required_start_without_keys_fails_and_says_why(program, issuer):
    issuer.status = 500
    words = (*HOST, *options(issuer, "--start", "required", "--start-timeout", "1"))
    done = program.run(*words)
    assert done.returncode == UNDECIDED and done.stdout == b"", done
    assert b"no keys in time" in done.stderr and b"default" in done.stderr, done


def test_r23_a_required_start_never_hangs_on_a_silent_issuer(program, issuer):
    issuer.gate.clear()
    words = (*HOST, *options(issuer, "--start", "required", "--start-timeout", "1"))
    refuses(program, UNDECIDED, *words, says="keys_timeout")


def test_r23_a_required_start_can_be_ended(program, issuer):
    issuer.gate.clear()
    words = (*HOST, *options(issuer, "--start", "required", "--start-timeout", "3600"))
    with subprocess.Popen([program.path, *words], stderr=subprocess.PIPE) as process:
        wait_until("the download", lambda: issuer.downloads == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == UNDECIDED


def test_refuses_what_is_no_start_and_numbers_out_of_range(program, issuer):
    refuses(program, USAGE, *HOST, *options(issuer, "--start", "soon"), says="--start")
    refuses(program, USAGE, *HOST, *options(issuer, "--start-timeout", "0"),
            says="--start-timeout")
    refuses(program, USAGE, *HOST, *options(issuer, "--cooldown", "3601"), says="--cooldown ")
    refuses(program, USAGE, *HOST, *options(issuer, "--max-waiters", "0"),
            says="--max-waiters ")

# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve --start: lazy, eager, required."""
import json
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


def test_r23_a_start_while_the_issuer_is_down_serves_the_snapshot(serve, issuer, key, sign,
                                                                  claims, tmp_path):
    issuer.keys = [key.public]
    keep = options(issuer, "--snapshot-dir", str(tmp_path))
    serve(*keep, "--start", "required").stop()
    file = tmp_path / "default.json"
    assert file.stat().st_mode & 0o7777 == 0o600
    assert "d" not in json.loads(file.read_text(encoding="utf-8"))["set"]["keys"][0]
    issuer.status = 500
    service = serve(*keep, "--start", "required")
    assert service.verify(sign(key, claims)).status == 200
    wait_until("the failure", lambda: service.status()["issuers"][0]["fetches"]["failed"] == 1)
    assert service.verify(sign(key, claims)).status == 200
    assert "keys=1" in service.output() and "keys from the snapshot file" in service.output()


def test_r23_a_snapshot_of_another_source_is_refused(program, serve, issuer, key, tmp_path):
    issuer.keys = [key.public]
    serve(*options(issuer, "--snapshot-dir", str(tmp_path), "--start", "required")).stop()
    file = tmp_path / "default.json"
    file.write_text(file.read_text(encoding="utf-8").replace(issuer.jwks_url, issuer.url),
                    encoding="utf-8")
    issuer.status = 500
    done = program.run(*HOST, *options(issuer, "--snapshot-dir", str(tmp_path), "--start",
                                       "required", "--start-timeout", "1"))
    assert done.returncode == UNDECIDED, done
    assert b"the snapshot is of another source" in done.stderr, done


def test_refuses_what_is_no_start_and_numbers_out_of_range(program, issuer):
    refuses(program, USAGE, *HOST, *options(issuer, "--start", "soon"), says="--start")
    refuses(program, USAGE, *HOST, *options(issuer, "--start-timeout", "0"),
            says="--start-timeout")
    refuses(program, USAGE, *HOST, *options(issuer, "--cooldown", "3601"), says="--cooldown ")
    refuses(program, USAGE, *HOST, *options(issuer, "--max-waiters", "0"),
            says="--max-waiters ")

# SPDX-License-Identifier: Apache-2.0
"""Signing with keys that are not in the process: held by openssl in a process of its own, and by
SoftHSM behind PKCS #11. The device is examples/sign_device.c."""
import pathlib
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.foreign

PAYLOAD = b"\x00 any bytes \xff"
SOFTHSM = next((str(path) for path in pathlib.Path("/usr/lib").glob("**/libsofthsm2.so")), None)


def call(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, timeout=60, **options).stdout


def device(program, public, alg, *command, payload=PAYLOAD):
    example = pathlib.Path(program.path).with_name("sign_device")
    return subprocess.run([example, public, alg, *command], input=payload, capture_output=True,
                          timeout=60, check=False)


def holds(program, key, alg, token):
    return program.ok("jws", "verify", "--key", str(key), "--alg", alg, stdin=token) == PAYLOAD


@pytest.fixture(scope="module")
def openssl_keys(tmp_path_factory):
    """Private and public PEM for each algorithm, made by openssl."""
    folder = tmp_path_factory.mktemp("keys")

    def make(alg, *parameters):
        private, public = folder / f"{alg}.pem", folder / f"{alg}.public.pem"
        call("openssl", "genpkey", *parameters, "-out", str(private))
        call("openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public))
        return str(private), str(public)

    curve = ("-algorithm", "EC", "-pkeyopt")
    return {"ES256": make("ES256", *curve, "ec_paramgen_curve:P-256"),
            "ES512": make("ES512", *curve, "ec_paramgen_curve:P-521"),
            "RS256": make("RS256", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")}


@pytest.mark.parametrize("alg, options", [
    ("ES256", []), ("ES512", []), ("RS256", ["-pkeyopt", "digest:sha256"])])
def test_openssl_signs_in_a_process_of_its_own(program, openssl_keys, alg, options):
    private, public = openssl_keys[alg]
    done = device(program, public, alg, "openssl", "pkeyutl", "-sign", "-inkey", private, *options)
    assert done.returncode == 0, done
    assert holds(program, public, alg, done.stdout)


def test_no_token_leaves_that_the_public_key_does_not_verify(program, openssl_keys, tmp_path):
    other = tmp_path / "other.pem"
    call("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
         str(other))
    public = openssl_keys["ES256"][1]
    for command in (["openssl", "pkeyutl", "-sign", "-inkey", str(other)], ["cat"], ["true"],
                    ["false"], ["no-such-program"]):
        done = device(program, public, "ES256", *command)
        assert (done.returncode, done.stdout) == (1, b""), (command, done)
        assert done.stderr


@pytest.fixture(scope="module")
def softhsm(tmp_path_factory):
    """A token of SoftHSM with an EC key; gives the command that signs and the public key."""
    if not SOFTHSM or not shutil.which("pkcs11-tool"):
        pytest.skip("needs softhsm2 and opensc")
    folder = tmp_path_factory.mktemp("hsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\n", encoding="ascii")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(configuration))
        call("softhsm2-util", "--init-token", "--free", "--label", "test", "--pin", "1234",
             "--so-pin", "12345678")
        tool = ["pkcs11-tool", "--module", SOFTHSM, "--login", "--pin", "1234", "--id", "01"]
        call(*tool, "--keypairgen", "--key-type", "EC:prime256v1")
        public = folder / "public.pem"
        call("openssl", "pkey", "-pubin", "-inform", "DER", "-pubout", "-out", str(public),
             input=call(*tool, "--read-object", "--type", "pubkey"))
        yield [*tool, "--sign", "--mechanism", "ECDSA", "--signature-format", "openssl"], public


def test_a_key_in_softhsm_signs_through_pkcs_11(program, softhsm):
    command, public = softhsm
    done = device(program, str(public), "ES256", *command)
    assert done.returncode == 0, done
    assert holds(program, public, "ES256", done.stdout)

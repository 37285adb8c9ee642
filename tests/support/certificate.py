# SPDX-License-Identifier: Apache-2.0
"""Owns a certificate of an issuer over TLS."""
import base64
import hashlib
import ssl
import subprocess


class Certificate:
    """Self-signed, for one name, with its key, in PEM files."""

    def __init__(self, folder, name="localhost"):
        self.file = folder / "cert.pem"
        self.key_file = folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                        "-keyout", self.key_file, "-out", self.file],
                       check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.key_file, "-pubout", "-outform",
                              "der"], check=True, capture_output=True).stdout
        self.pin = base64.b64encode(hashlib.sha256(der).digest()).decode()

    def context(self, wants_client=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key_file)
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.file)
        return context

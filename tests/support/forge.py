# SPDX-License-Identifier: Apache-2.0
"""Owns making tokens that nobody should believe, without the program under test."""
import base64
import hashlib
import hmac
import json


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def unsigned(header, claims):
    return ".".join(encode(json.dumps(part).encode()) for part in (header, claims))


def hs256(header, claims, secret):
    start = unsigned(header, claims)
    return start + "." + encode(hmac.digest(secret, start.encode(), hashlib.sha256))


def with_claim(token, name, value):
    """The same signature over other claims."""
    header, payload, signature = token.split(".")
    claims = json.loads(decode(payload))
    claims[name] = value
    return ".".join([header, encode(json.dumps(claims).encode()), signature])


def with_bit_flipped(token, byte):
    """One bit of the signature turned over."""
    start, signature = token.rsplit(".", 1)
    data = bytearray(decode(signature))
    data[byte] ^= 1
    return start + "." + encode(bytes(data))


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + body


def rsa_public_pem(jwk):
    """SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of an RSA key, as PEM."""
    def integer(text):
        data = decode(text)
        return der(2, (b"\0" if data[0] & 0x80 else b"") + data)

    rsa_encryption = bytes.fromhex("06092a864886f70d0101010500")
    key = der(0x30, integer(jwk["n"]), integer(jwk["e"]))
    info = der(0x30, der(0x30, rsa_encryption), der(3, b"\0" + key))
    text = base64.encodebytes(info).replace(b"\n", b"")
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN PUBLIC KEY-----", *lines, b"-----END PUBLIC KEY-----", b""])

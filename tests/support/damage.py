# SPDX-License-Identifier: Apache-2.0
"""Owns making tokens by the thousand, good and damaged, from a seed: signed with the primitives of
python3-cryptography, so that headers and claims that no library would write are signed too."""
import base64
import hashlib
import hmac
import json
import random

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

NOW = 1_800_000_000
ISSUER, AUDIENCE = "https://issuer.example", "api"
ALGS = ("HS256", "HS512", "RS256", "PS256", "ES256", "ES384", "EdDSA")
HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
CURVES = {"ES256": (ec.SECP256R1, 32, "P-256"), "ES384": (ec.SECP384R1, 48, "P-384")}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return encode(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Signer:
    """A private key for one algorithm; `public` is its JWK (of a symmetric key: itself)."""

    def __init__(self, alg, draw):
        self.alg, self.kid = alg, f"key-{alg}"
        public = getattr(self, "make_" + alg[:2].lower())(draw)
        self.public = {"kid": self.kid, "alg": alg, **public}

    def make_hs(self, draw):
        self.key = draw.randbytes(int(self.alg[2:]) // 8)
        return {"kty": "oct", "k": encode(self.key)}

    def make_rs(self, _):
        self.key = rsa.generate_private_key(65537, 2048)
        numbers = self.key.public_key().public_numbers()
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}

    make_ps = make_rs

    def make_es(self, _):
        curve, size, name = CURVES[self.alg]
        self.key = ec.generate_private_key(curve())
        point = self.key.public_key().public_numbers()
        return {"kty": "EC", "crv": name, "x": number(point.x, size), "y": number(point.y, size)}

    def make_ed(self, _):
        self.key = ed25519.Ed25519PrivateKey.generate()
        from cryptography.hazmat.primitives import serialization
        raw = self.key.public_key().public_bytes(serialization.Encoding.Raw,
                                                 serialization.PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": encode(raw)}

    def sign(self, message):
        kind = self.alg[:2]
        if kind == "HS":
            return hmac.new(self.key, message, getattr(hashlib, f"sha{self.alg[2:]}")).digest()
        if kind == "Ed":
            return self.key.sign(message)
        digest = HASHES[self.alg[2:]]()
        if kind == "RS":
            return self.key.sign(message, padding.PKCS1v15(), digest)
        if kind == "PS":
            salt = digest.digest_size
            return self.key.sign(message, padding.PSS(padding.MGF1(digest), salt), digest)
        r, s = utils.decode_dss_signature(self.key.sign(message, ec.ECDSA(digest)))
        size = CURVES[self.alg][1]
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


# Values that stand where others belong. A text is put into the JSON as it is.
VALUES = ["null", "true", "false", '""', '"x"', "[]", "{}", "0", "-1", "1.5", "1e3", "1e400", "-1e400",
          "1E-400", "123456789012345678901234567890", "01", "+1", "NaN", "Infinity", '"\\ud800"',
          '"\\u0000"', '["a","a"]', '[1]', '[null]', '[["api"]]', '{"a":1}', "''", "undefined", "\xff",
          "[" * 20 + "]" * 20, "[" * 10 + "]" * 10]
TIMES = [str(NOW), str(NOW - 1), str(NOW + 1), f"{NOW}.5", f"{NOW - 1}.999", f"{NOW}.0", f'"{NOW + 9}"',
         f"{NOW + 60}e0", f"{NOW // 1000 + 1}e3", "253402300799", "253402300800", "9007199254740993",
         "18446744073709551616", "-0", "0"]
HEADER_VALUES = {
    "alg": [f'"{alg}"' for alg in ALGS + ("none", "None", "HS384", "RS512", "rs256", "ES256K", "")],
    "typ": ['"JWT"', '"at+jwt"', '"application/jwt"', "1", "null"],
    "kid": [f'"key-{alg}"' for alg in ALGS] + ['"other"', '"' + "k" * 300 + '"', '"\\u006bey-HS256"'],
    "crit": ['["exp"]', '["b64"]', '["alg"]', '["x"]', '["x","x"]', "[1]"],
    "b64": ["true", "false"],
    "cty": ['"JWT"', '"text"'],
    "jwk": ['{"kty":"oct","k":"AA"}'], "x5c": ['["AA"]'], "jku": ['"https://evil.example"'],
    "zip": ['"DEF"'], "x": ["1"], "enc": ['"A128GCM"'],
}
CLAIM_VALUES = {"exp": TIMES, "nbf": TIMES, "iat": TIMES,
                "aud": ['"api"', '["api"]', '["x","api"]', '["x"]', '"API"', '["api",1]', '"api "',
                        "[" + ",".join(['"x"'] * 70 + ['"api"']) + "]"],
                "iss": [f'"{ISSUER}"', f'["{ISSUER}"]', '"https://issuer.example/"', '"x"',
                        '"https:\\/\\/issuer.example"'],
                "sub": ['"alice"', "1", "null"], "jti": ['"1"', "1"]}


def members(pairs):
    return "{" + ",".join(f'"{name}":{value}' for name, value in pairs) + "}"


class Damage:
    """draw() gives (token, what was done to it)."""

    def __init__(self, seed):
        self.draw_from = random.Random(seed)
        self.signers = [Signer(alg, self.draw_from) for alg in ALGS]
        self.jwks = {"keys": [signer.public for signer in self.signers]}

    def header(self, signer):
        return [("alg", f'"{signer.alg}"'), ("kid", f'"{signer.kid}"'), ("typ", '"JWT"')]

    def claims(self):
        return [("iss", f'"{ISSUER}"'), ("aud", f'"{AUDIENCE}"'), ("exp", str(NOW + 300)),
                ("nbf", str(NOW - 60)), ("iat", str(NOW - 60)), ("sub", '"alice"'),
                ("n", str(self.draw_from.randrange(10**9)))]

    def change(self, pairs, values):
        """One member changed, added, doubled, dropped or renamed, by its text."""
        draw = self.draw_from
        name = draw.choice(list(values))
        value = draw.choice(values[name] if draw.random() < 0.6 else VALUES)
        how = draw.choice(["set", "set", "set", "set", "double", "drop", "rename"])
        kept = [pair for pair in pairs if pair[0] != name]
        if how == "set":
            return f"{name} set", kept + [(name, value)]
        if how == "double":
            return f"{name} doubled", pairs + [(name, value)]
        if how == "drop":
            return f"{name} dropped", kept
        spelled = draw.choice([name.upper(), name + " ", "\\u%04x" % ord(name[0]) + name[1:]])
        return f"{name} renamed", kept + [(spelled, dict(pairs).get(name, value))]

    def disturb(self, text):
        """A byte changed, dropped or added, anywhere."""
        draw, data = self.draw_from, bytearray(text)
        at = draw.randrange(len(data))
        how = draw.randrange(4)
        byte = draw.choice([draw.randrange(256), draw.choice(b' \t\n\x00",:{}[]\\/0-+e\xc3\xed\xff')])
        if how == 0:
            data[at] = byte
        elif how == 1:
            del data[at]
        elif how == 2:
            data.insert(at, byte)
        else:
            data += bytes([byte])
        return bytes(data)

    def sealed(self, signer, header, payload):
        signed = f"{encode(header)}.{encode(payload)}"
        return signed, signer.sign(signed.encode("ascii"))

    def damage_signature(self, signer, signature):
        draw = self.draw_from
        how = draw.choice(["bit", "short", "long", "empty", "zero", "half", "other"])
        if how == "bit":
            data = bytearray(signature)
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            return bytes(data)
        size = len(signature)
        return {"short": signature[:-1], "long": signature + b"\0", "empty": b"", "zero": bytes(size),
                "half": bytes(size // 2) + signature[size // 2:],
                "other": signer.sign(b"something else")}[how]

    def damage_text(self, token):
        draw, data = self.draw_from, list(token)
        at = draw.randrange(len(data))
        how = draw.randrange(6)
        odd = draw.choice("=+/ \n.\0\xff~AB-_")
        if how == 0:
            data[at] = odd
        elif how == 1:
            del data[at]
        elif how == 2:
            data.insert(at, odd)
        elif how == 3:
            data.append(odd)
        elif how == 4:
            parts = token.split(".")
            draw.shuffle(parts)
            return ".".join(parts)
        else:
            alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            data[-1] = alphabet[alphabet.find(data[-1]) ^ 1 << draw.randrange(3)]
        return "".join(data)

    def draw(self):
        draw = self.draw_from
        signer = draw.choice(self.signers)
        header, claims, done = self.header(signer), self.claims(), []
        kind = draw.choice(["good", "header", "header", "claims", "claims", "claims", "both",
                            "header bytes", "claims bytes", "signature", "text", "text"])
        if kind in ("header", "both"):
            what, header = self.change(header, HEADER_VALUES)
            done.append("header " + what)
        if kind in ("claims", "both"):
            for _ in range(draw.choice([1, 1, 2])):
                what, claims = self.change(claims, CLAIM_VALUES)
                done.append("claim " + what)
        head, body = members(header).encode("latin-1"), members(claims).encode("latin-1")
        if kind == "header bytes":
            head = self.disturb(head)
        if kind == "claims bytes":
            body = self.disturb(body)
        signed, signature = self.sealed(signer, head, body)
        if kind == "signature":
            signature = self.damage_signature(signer, signature)
        token = f"{signed}.{encode(signature)}"
        if kind == "text":
            token = self.damage_text(token)
        return token, ", ".join(done) or kind


def parts(token):
    """What a person looks at: the decoded header and payload, as far as they decode."""
    shown = []
    for segment in token.split(".")[:2]:
        try:
            shown.append(base64.urlsafe_b64decode(segment + "==").decode("latin-1"))
        except ValueError:
            shown.append("?")
    return json.dumps(shown)

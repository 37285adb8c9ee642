# SPDX-License-Identifier: Apache-2.0
"""Owns making JSON serializations of JWS by the thousand, flattened and general, good and damaged,
from a seed."""
import json

from support.damage import HEADER_VALUES, Damage, encode, members

UNPROTECTED = {"kid": HEADER_VALUES["kid"], "alg": ['"HS256"', '"none"', '"RS256"'],
               "crit": ['["b64"]', "[]"], "b64": ["true", "false"], "x": ["1", "{}"],
               "typ": ['"JWT"', "1"], "jwk": HEADER_VALUES["jwk"]}
# Members of the whole, or of a signature, that stand where they should not, or as they should not.
STRANGE = {"ciphertext": ['"AA"'], "signatures": ["[]", "null", "{}"], "unprotected": ["{}"],
           "recipients": ["[]"], "header": ["{}", "null", "[]", '"x"'], "unknown": ["1"],
           "protected": ['""', "null", "{}"], "signature": ['""', "null", "1"],
           "payload": ['""', "null", "{}", '"e30"']}


class JsonDamage(Damage):
    """draw() gives (form, text, what was done to it); the form is "flattened" or "general"."""

    def one_signature(self, body, done):
        draw = self.draw_from
        signer = draw.choice(self.signers)
        header, unprotected = [("alg", f'"{signer.alg}"')], []
        (header if draw.random() < 0.6 else unprotected).append(("kid", f'"{signer.kid}"'))
        kind = draw.choice(["good"] * 5 + ["protected", "unprotected", "bytes", "signature"])
        if kind == "protected":
            what, header = self.change(header, HEADER_VALUES)
            kind += " " + what
        if kind == "unprotected":
            what, unprotected = self.change(unprotected, UNPROTECTED)
            kind += " " + what
        head = members(header).encode("latin-1")
        if kind == "bytes":
            head = self.disturb(head)
        signature = signer.sign(f"{encode(head)}.{body}".encode("latin-1"))
        if kind == "signature":
            signature = self.damage_signature(signer, signature)
        done.append(kind)
        pairs = [("protected", f'"{encode(head)}"'), ("signature", f'"{encode(signature)}"')]
        if unprotected or draw.random() < 0.1:
            pairs.append(("header", members(unprotected)))
        draw.shuffle(pairs)
        return pairs

    def replace(self, pairs, done):
        """A member of the whole, by its text."""
        what, pairs = self.change(pairs, STRANGE)
        done.append("member " + what)
        return pairs

    def draw(self):
        draw, done = self.draw_from, []
        body = encode(draw.choice([b"payload", b"", b'{"a":1}', draw.randbytes(20)]))
        form = draw.choice(["flattened", "general"])
        count = draw.choice([1, 1, 2, 3])
        if form == "general":
            each = [self.one_signature(body, done) for _ in range(count)]
            if draw.random() < 0.1:
                at = draw.randrange(count)
                each[at] = self.replace(each[at], done)
            pairs = [("signatures", "[" + ",".join(members(one) for one in each) + "]")]
        else:
            pairs = self.one_signature(body, done)
        pairs.insert(draw.randrange(len(pairs) + 1), ("payload", f'"{body}"'))
        if draw.random() < 0.15:
            pairs = self.replace(pairs, done)
        text = members(pairs).encode("latin-1")
        if draw.random() < 0.1:
            text = self.disturb(text)
            done.append("text")
        return form, text.decode("latin-1"), ", ".join(done)


def shown(text):
    """What a person looks at."""
    return json.dumps(text)[:1500]



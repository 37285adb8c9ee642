# SPDX-License-Identifier: Apache-2.0
"""Owns a service with one issuer and one key, and claims that pass it."""
import time

import pytest

from support.verdict import AUDIENCE


@pytest.fixture
def key(make_key):
    return make_key("first")


@pytest.fixture
def claims(issuer):
    now = int(time.time())
    return {"iss": issuer.url, "sub": "alice", "aud": AUDIENCE, "scope": "read write",
            "iat": now, "exp": now + 3600}


@pytest.fixture
def service(serve, issuer, key):
    issuer.keys = [key.public]
    return serve("--issuer", issuer.url, "--audience", AUDIENCE, "--allow-http-loopback")

# SPDX-License-Identifier: Apache-2.0
"""Owns each gateway in front of an application, beside a service that follows the issuer."""
import pytest

from support.gateway import Application, Unprivileged
from support.verdict import AUDIENCE


@pytest.fixture
def application():
    with Application() as running:
        yield running


@pytest.fixture
def home():
    made = Unprivileged()
    yield made
    made.remove()


@pytest.fixture
def start_service(serve, issuer, home):
    """start_service(source…) starts a service that listens on a unix socket, too."""

    def start(*source):
        socket = f"unix:{home.folder}/verify.sock"
        service = serve(*(source or ("--issuer", issuer.url)), "--audience", AUDIENCE,
                        "--allow-http-loopback", "--listen", socket)
        service.addresses["unix"] = socket
        return service

    return start


@pytest.fixture
def service(start_service, issuer, key):
    issuer.keys = [key.public]
    return start_service()

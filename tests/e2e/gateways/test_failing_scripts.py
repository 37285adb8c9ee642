# SPDX-License-Identifier: Apache-2.0
"""Our scripts in gateways: one that fails lets nothing pass."""
import pytest

from support.gateway import Apache, Haproxy

pytestmark = pytest.mark.foreign


def broken(kind, found, instead):
    """That gateway, with a fault in its script."""

    class Broken(kind):
        def words(self, configuration):
            words = super().words(configuration)
            script = self.home.folder / "jwkeep.lua"
            text = script.read_text(encoding="utf-8")
            assert text.count(found) == 1
            script.write_text(text.replace(found, instead), encoding="utf-8")
            return words

    return Broken


@pytest.mark.parametrize("kind, call, status", [(Haproxy, "core.httpclient()", 503),
                                                (Apache, "ask(r.subprocess_env", 500)])
def test_a_script_that_fails_lets_nothing_pass(service, home, application, sign, key, claims,
                                               kind, call, status):
    faulty = broken(kind, call, f"error('a fault') or {call}")
    with faulty(home, service.addresses["listen"], application.address) as gateway:
        assert gateway.ask(sign(key, claims)).status == status, gateway.log()
    assert not application.requests


def test_a_script_that_is_missing_keeps_haproxy_from_starting(service, home, application):
    class Missing(Haproxy):
        def words(self, configuration):
            words = super().words(configuration)
            (self.home.folder / "jwkeep.lua").unlink()
            return words

    with pytest.raises(AssertionError, match="jwkeep.lua"):
        with Missing(home, service.addresses["listen"], application.address):
            pass

# SPDX-License-Identifier: Apache-2.0
"""The units after a boot, with docs/jwkeep.yaml, as packaging/README.md installs them. By its name
it comes before the tests that change them."""
from support.program import ask, wait_until
from support.unit import ADMIN, SERVICE, SOCKET, systemctl


def test_the_installed_units_run_after_the_boot():
    for name in (SERVICE, SOCKET):
        assert systemctl("is-enabled", name).stdout.strip() == "enabled"
        wait_until(name, lambda: systemctl("is-active", name,
                                           succeeds=False).stdout.strip() == "active")
    assert ask(ADMIN, "GET", "/healthz").status == 200
    assert ask(ADMIN, "GET", "/readyz").status == 503, "its issuers are examples"

# SPDX-License-Identifier: Apache-2.0
"""Owns a service that runs by a configuration file, and changes of that file."""
import json
import signal

from support.program import Service, ask, wait_until


class ConfiguredService(Service):
    """`settings` is written as JSON, which is YAML."""

    def __init__(self, program, folder, settings, options=(), own_listeners=False):
        self.file = folder / "jwkeep.yaml"
        self.settings = settings
        self.write()
        words = ["--config", str(self.file), *options]
        super().__init__(program, folder / "ready.json", words, own_listeners)

    def write(self, text=None):
        self.file.write_text(json.dumps(self.settings) if text is None else text,
                             encoding="utf-8")

    def reload(self):
        """POST /reload: its answer."""
        return ask(self.addresses["admin"], "POST", "/reload", body=b"")

    def hang_up(self):
        """SIGHUP; waits until it was seen to."""
        before = self.reloads()
        self.process.send_signal(signal.SIGHUP)
        wait_until("the reload", lambda: self.reloads() > before)

    def stop_keeping_output(self):
        """Ends it; what it said is in `kept`."""
        self.process.send_signal(signal.SIGTERM)
        wait_until("the end", self.has_ended)
        self.kept = self.output()
        self.stop()

    def reloads(self):
        text = self.admin("/metrics").body.decode()
        return sum(float(line.split(" ")[1]) for line in text.splitlines()
                   if line.startswith("jwkeep_config_reloads_total"))


def settings_for(issuer, *policies):
    """One issuer with keys behind a URL; its policies, or a usual one."""
    return {"issuers": [{"name": "main", "issuer": issuer.url, "jwks_url": issuer.jwks_url,
                         "source": {"allows_http_loopback": True}}],
            "policies": list(policies) or [{"name": "default", "audiences": ["api"]}]}

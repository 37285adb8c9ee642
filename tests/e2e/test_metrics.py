# SPDX-License-Identifier: Apache-2.0
"""/metrics: well formed, complete (R25), bounded in its labels."""
import json
import subprocess

import pytest

from support import exposition
from support.program import DEADLINE_S, wait_until

OF_EACH_SOURCE = {
    "jwkeep_issuer_health", "jwkeep_issuer_keys", "jwkeep_issuer_generation",
    "jwkeep_issuer_age_seconds", "jwkeep_issuer_expires_in_seconds",
    "jwkeep_issuer_last_success_timestamp_seconds", "jwkeep_issuer_fetches_total",
    "jwkeep_issuer_fetch_results_total", "jwkeep_issuer_waiters",
    "jwkeep_issuer_waiters_coalesced_total", "jwkeep_issuer_cooldown_rejections_total",
    "jwkeep_issuer_negative_rejections_total", "jwkeep_issuer_stale_answers_total",
    "jwkeep_issuer_size_alarm", "jwkeep_issuer_set_info", "jwkeep_issuer_keys_skipped",
    "jwkeep_issuer_events_total"}


def metrics(service):
    return exposition.read(service.admin("/metrics").body.decode())


def events(service, kind):
    return exposition.value(metrics(service), "jwkeep_issuer_events_total", issuer="main",
                            event=kind)


def test_is_well_formed_and_complete(configure, sign, key, claims):
    service = configure()
    assert service.verify(sign(key, claims)).status == 200
    families = metrics(service)
    for name in OF_EACH_SOURCE:
        _, samples = families[name]
        assert samples and all(dict(labels)["issuer"] == "main" for _, labels in samples), name
    assert exposition.value(families, "jwkeep_build_info",
                            version=service.status()["version"]) == 1
    _, samples = families["jwkeep_request_duration_seconds"]
    bounds = [count for (name, _), count in samples.items() if name.endswith("_bucket")]
    assert bounds == sorted(bounds) and bounds[-1] == 1


def test_counts_by_policy_outcome_and_algorithm(configure, sign, make_key, issuer, claims):
    other = make_key("other_algorithm", "RS256")
    service = configure({"name": "default", "audiences": ["api"]},
                        {"name": "strict", "audiences": ["nobody"]})
    issuer.keys.append(other.public)
    token = sign(other, claims)
    assert service.verify(token).status == 200
    assert service.verify(token, path="/verify/strict").status == 401
    assert service.verify(path="/verify/strict").status == 401
    families = metrics(service)
    for policy, outcome, count in (("default", "allowed", 1), ("default", "rejected", 0),
                                   ("strict", "rejected", 1), ("strict", "no_token", 1)):
        assert exposition.value(families, "jwkeep_requests_total", policy=policy,
                                outcome=outcome) == count
    _, samples = families["jwkeep_tokens_accepted_total"]
    assert [(dict(labels), count) for (_, labels), count in samples.items()] == [
        ({"policy": "default", "algorithm": "RS256"}, 1)], "a refused token's word is not told"


def test_counts_go_on_over_a_reload_that_moves_policies(configure, sign, key, claims):
    service = configure({"name": "a", "audiences": ["api"]}, {"name": "b", "audiences": ["api"]})
    token = sign(key, claims)
    assert service.verify(token, path="/verify/b").status == 200
    service.settings["policies"] = [{"name": name, "audiences": ["api"]} for name in "bc"]
    service.write()
    assert service.reload().status == 200
    assert service.verify(token, path="/verify/b").status == 200
    assert service.verify(token, path="/verify/c").status == 200
    for policy, count in (("a", 0), ("b", 2), ("c", 1)):
        assert exposition.value(metrics(service), "jwkeep_requests_total", policy=policy,
                                outcome="allowed") == count


def test_counts_what_happens_at_an_issuer(configure, sign, make_key, issuer, claims, program):
    service = configure()
    wait_until("the first keys", lambda: events(service, "refreshed") == 1)
    assert events(service, "key_added") == 1 and events(service, "kid_reused") == 0
    again = json.loads(program.ok("jwk", "generate", "--alg", "ES256", "--kid", "first"))
    issuer.keys = [{name: again[name] for name in again if name != "d"}]
    service.settings["issuers"][0]["source"]["cooldown_s"] = 1
    service.write()
    assert service.reload().status == 200
    wait_until("the source of the new settings", lambda: events(service, "refreshed") == 2)
    issuer.keys = [make_key("third").public, issuer.keys[0]]
    assert service.post("/refresh/main").status == 202
    wait_until("its third key", lambda: events(service, "key_added") == 3)


def test_tells_of_a_thousand_issuers(configure, file, key):
    keys = file({"keys": [key.public]})
    issuers = [{"name": f"i{i}", "issuer": f"https://i{i}.example", "keys_file": keys}
               for i in range(1000)]
    service = configure(settings={"issuers": issuers, "policies": [
        {"name": "default", "audiences": ["api"]}]})
    _, samples = metrics(service)["jwkeep_issuer_keys"]
    assert len(samples) == 1000
    assert len(service.status()["issuers"]) == 1000


@pytest.mark.foreign
def test_promtool_finds_nothing(configure, sign, key, claims):
    service = configure()
    assert service.verify(sign(key, claims)).status == 200
    service.verify("no.to.ken")
    done = subprocess.run(["promtool", "check", "metrics"], capture_output=True, check=False,
                          input=service.admin("/metrics").body, timeout=DEADLINE_S)
    assert done.returncode == 0 and not done.stderr + done.stdout, done

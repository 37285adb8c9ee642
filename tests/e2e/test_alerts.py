# SPDX-License-Identifier: Apache-2.0
"""What packaging/ offers for watching: alert rules and a dashboard that speak of metrics which
there are, with labels which they have."""
import json
import re
import subprocess

import pytest
import yaml

from support import exposition
from support.gateway import ROOT
from support.program import DEADLINE_S

PROMETHEUS = ROOT / "packaging/prometheus"
RULES = yaml.safe_load((PROMETHEUS / "jwkeep-alerts.yaml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((ROOT / "packaging/grafana/jwkeep.json").read_text(encoding="utf-8"))
SELECTOR = re.compile(r"\b(jwkeep_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')
OF_PROMETHEUS = {"job", "instance"}


def rules():
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def queries():
    for one in DASHBOARD["templating"]["list"]:
        if one["type"] == "query":
            yield one["definition"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


def samples_by_name(service):
    found = {}
    for _, samples in exposition.read(service.admin("/metrics").body.decode()).values():
        for name, labels in samples:
            found.setdefault(name, []).append(dict(labels))
    return found


def check(expression, samples):
    selectors = SELECTOR.findall(expression)
    assert selectors, expression
    for name, matchers in selectors:
        assert name in samples, f"no such metric: {name}"
        for label, operator, wanted in MATCHER.findall(matchers):
            if label in OF_PROMETHEUS or wanted.startswith("$"):
                continue
            values = {labels.get(label) for labels in samples[name]}
            for word in wanted.split("|") if operator == "=~" else [wanted]:
                assert word in values, f"{name} has no {label} {word}"


@pytest.fixture
def samples(configure, sign, key, claims):
    service = configure()
    assert service.verify(sign(key, claims)).status == 200
    assert service.verify("no.to.ken").status == 401
    return samples_by_name(service)


def test_rules_and_dashboard_speak_of_what_there_is(samples):
    for rule in rules():
        check(rule["expr"], samples)
    for query in queries():
        check(query, samples)


def test_a_metric_that_is_not_there_would_be_found(samples):
    for wrong in ("jwkeep_no_such_total > 0", 'jwkeep_issuer_health{state="poorly"} == 1'):
        with pytest.raises(AssertionError):
            check(wrong, samples)


def test_each_rule_says_how_grave_it_is_and_what_to_think():
    assert len(rules()) >= 6
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule
        assert rule["annotations"]["summary"] and rule["annotations"]["description"], rule


def test_each_rule_has_a_bad_and_a_quiet_day():
    days = yaml.safe_load((PROMETHEUS / "jwkeep-alerts-test.yaml").read_text(encoding="utf-8"))
    fired, quiet = set(), set()
    for day in days["tests"]:
        for one in day["alert_rule_test"]:
            (fired if one["exp_alerts"] else quiet).add(one["alertname"])
    assert fired == quiet == {rule["alert"] for rule in rules()}


def test_panels_have_their_own_place_and_number():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = set()
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        mine = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])}
        assert not mine & cells, panel["title"]
        cells |= mine


@pytest.mark.foreign
@pytest.mark.parametrize("words", [["check", "rules", "jwkeep-alerts.yaml"],
                                   ["test", "rules", "jwkeep-alerts-test.yaml"]])
def test_promtool_is_content(words):
    done = subprocess.run(["promtool", *words], cwd=PROMETHEUS, capture_output=True, check=False,
                          timeout=DEADLINE_S)
    assert done.returncode == 0, done

# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes example, judged by the schemas of the Kubernetes API (npm kubernetes-models)."""
import json
import pathlib
import subprocess

import pytest
import yaml

from support.gateway import ROOT

pytestmark = pytest.mark.foreign

JUDGE = pathlib.Path(__file__).resolve().parent / "kubernetes.mjs"
EXAMPLE = (ROOT / "packaging/kubernetes/jwkeep.yaml").read_text(encoding="utf-8")


def faults_of(text):
    objects = json.dumps(list(yaml.safe_load_all(text)))
    done = subprocess.run(["node", str(JUDGE)], input=objects, capture_output=True, text=True,
                          check=True)
    return json.loads(done.stdout)


def test_the_example_is_what_the_api_takes():
    assert faults_of(EXAMPLE) == []


@pytest.mark.parametrize("right, wrong, fault", [
    ("containerPort: 8080", 'containerPort: "verify"', "must be integer"),
    ("periodSeconds: 2", "periodSecond: 2", "readinessProbe/periodSecond: unknown"),
    ("  replicas: 2", "  replica: 2", "Deployment/spec/replica: unknown"),
    ("  selector:\n    matchLabels: { app: jwkeep }\n  strategy", "  strategy", "required"),
    ("  name: auth\n", "  nam: auth\n", "Namespace/metadata/nam: unknown"),
    ("drop: [ALL]", "drop: ALL", "must be array"),
])
def test_the_schemas_find_faults(right, wrong, fault):
    assert EXAMPLE.count(right) == 1
    found = faults_of(EXAMPLE.replace(right, wrong))
    assert len(found) >= 1 and fault in found[0], found

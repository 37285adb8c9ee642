# SPDX-License-Identifier: Apache-2.0
"""What packaging/ offers: files that are there, fields that platforms expect, commands that run."""
import json
import re
import shutil
import subprocess

import pytest
import yaml

from support.gateway import ROOT
from support.program import DEADLINE_S, wait_until

CONTAINERFILE = ROOT / "packaging/container/Containerfile"
KUBERNETES = ROOT / "packaging/kubernetes/jwkeep.yaml"
INSTRUCTIONS = {"FROM", "COPY", "RUN", "WORKDIR", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
                "ENTRYPOINT", "CMD"}


def instructions():
    """(instruction, the rest of its line), continued lines joined."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line.strip()]


def of(name):
    return [rest for instruction, rest in instructions() if instruction == name]


def test_the_containerfile_is_well_formed():
    assert {name for name, _ in instructions()} <= INSTRUCTIONS
    stages = [line.split(" AS ")[-1] if " AS " in line else "" for line in of("FROM")]
    assert stages == ["build", ""]
    for word in of("FROM"):
        assert word.startswith("docker.io/library/debian:bookworm-slim")
    for form in of("ENTRYPOINT") + of("CMD"):
        assert isinstance(json.loads(form), list)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", of("USER")[-1]), "a number, so not root by name"


def test_the_containerfile_copies_all_that_the_build_needs_and_nothing_ignored():
    copied = set()
    for line in of("COPY"):
        *sources, _ = line.split()
        if sources[0].startswith("--from="):
            assert sources == ["--from=build", "/image"]
        else:
            copied |= set(sources)
    for name in copied:
        assert (ROOT / name).exists(), name
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    built = re.findall(r"add_subdirectory\((\w+)\)",
                       (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))
    assert set(built) - {"tests", "fuzz"} <= copied


@pytest.mark.plain
def test_the_image_has_the_libraries_that_the_program_needs(program):
    if not shutil.which("dpkg"):
        pytest.skip("no dpkg here")
    listed = subprocess.run(["readelf", "-d", program.path], capture_output=True, text=True,
                            check=True).stdout
    installed = " ".join(of("RUN")).split()
    for library in re.findall(r"\(NEEDED\).*\[(lib(?!c\.|m\.)[^\]]*)\]", listed):
        owners = subprocess.run(["dpkg", "-S", f"*/{library}"], capture_output=True, text=True,
                                check=True).stdout
        packages = {line.split(":")[0] for line in owners.splitlines()}
        assert packages & set(installed), (library, packages)


@pytest.fixture
def health(service):
    """The image's check of its health, run against the service; its status."""
    command = json.loads(of("HEALTHCHECK")[0].split("CMD ", 1)[1])
    port = service.addresses["admin"].rsplit(":", 1)[1]
    assert "/9090 " in command[-1]
    command[-1] = command[-1].replace("/9090 ", f"/{port} ")
    return lambda: subprocess.run(command, timeout=DEADLINE_S, check=False,
                                  stderr=subprocess.DEVNULL).returncode


def test_the_images_check_of_its_health_tells_life_from_death(service, health):
    assert health() == 0
    service.stop()
    assert health() != 0


def documents():
    return {document["kind"]: document
            for document in yaml.safe_load_all(KUBERNETES.read_text(encoding="utf-8"))}


def container():
    return documents()["Deployment"]["spec"]["template"]["spec"]["containers"][0]


def test_the_kubernetes_example_fits_together():
    found = documents()
    deployment = found["Deployment"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels
    for selector in (found["Service"]["spec"]["selector"],
                     found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
                     found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]):
        assert selector == labels
    spaces = {document["metadata"].get("namespace") for kind, document in found.items()
              if kind != "Namespace"}
    assert spaces == {found["Namespace"]["metadata"]["name"]}
    ports = {port["name"]: port["containerPort"] for port in container()["ports"]}
    named = {port["targetPort"] for port in found["Service"]["spec"]["ports"]}
    named |= {port["port"] for rule in found["NetworkPolicy"]["spec"]["ingress"]
              for port in rule["ports"]}
    assert named <= set(ports)
    arguments = dict(word.removeprefix("--").split("=", 1) for word in container()["args"][1:])
    assert arguments["listen"].endswith(f":{ports['verify']}")
    assert arguments["admin"].endswith(f":{ports['admin']}")
    volumes = {volume["name"] for volume in deployment["template"]["spec"]["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}
    assert set(mounts) == volumes and mounts["snapshots"] == arguments["snapshot-dir"]


def test_the_kubernetes_example_gives_no_rights_away():
    pod = documents()["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    limits = container()["securityContext"]
    assert limits["allowPrivilegeEscalation"] is False and limits["readOnlyRootFilesystem"]
    assert limits["capabilities"] == {"drop": ["ALL"]}
    assert "memory" in container()["resources"]["limits"]


def test_the_kubernetes_example_ends_in_time():
    """Until gateways know, and then the drain; after that the pod is killed."""
    schema = json.loads((ROOT / "docs/jwkeep.schema.json").read_text(encoding="utf-8"))
    command, seconds = container()["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep" and int(seconds) > 0
    grace_s = schema["properties"]["grace_ms"]["default"] / 1000
    pod = documents()["Deployment"]["spec"]["template"]["spec"]
    assert int(seconds) + grace_s < pod["terminationGracePeriodSeconds"]


def arguments_here(issuer, folder):
    """Those of the example, with this machine's addresses."""
    here = {"--issuer=https://idp.example": f"--issuer={issuer.url}",
            "--listen=0.0.0.0:8080": "--listen=127.0.0.1:0",
            "--admin=0.0.0.0:9090": "--admin=127.0.0.1:0",
            "--snapshot-dir=/var/lib/jwkeep": f"--snapshot-dir={folder}"}
    words = container()["args"]
    assert words[0] == "serve" and set(here) <= set(words)
    return [here.get(word, word) for word in words[1:]]


def test_the_kubernetes_examples_arguments_and_probes_work(serve, issuer, key, tmp_path):
    """Ready only with keys, alive without."""
    issuer.status = 500
    service = serve(*arguments_here(issuer, tmp_path), "--allow-http-loopback")
    ready = container()["readinessProbe"]["httpGet"]["path"]
    alive = container()["livenessProbe"]["httpGet"]["path"]
    assert service.admin(ready).status == 503
    assert service.admin(alive).status == 200
    issuer.keys = [key.public]
    issuer.reset()
    wait_until("readiness", lambda: service.admin(ready).status == 200)
    wait_until("the snapshot", (tmp_path / "default.json").exists)

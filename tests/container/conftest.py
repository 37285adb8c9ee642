# SPDX-License-Identifier: Apache-2.0
"""Owns containers of the built image (tools/try-container), run with the arguments and the rights
that packaging/kubernetes/jwkeep.yaml gives them, and an issuer over TLS."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest
import yaml

from support.certificate import Certificate
from support.gateway import ROOT
from support.issuer import ScriptedIssuer
from support.program import DEADLINE_S, wait_until
from support.verdict import AUDIENCE

CA_FILE = "/etc/jwkeep/ca.pem"
KUBERNETES = ROOT / "packaging/kubernetes/jwkeep.yaml"


@pytest.fixture(scope="session")
def image():
    """The image's configuration, with its unpacked root in `root`."""
    if "JWKEEP_IMAGE" not in os.environ:
        pytest.exit("these tests need a built image: tools/try-container", 2)
    told = json.loads(pathlib.Path(os.environ["JWKEEP_IMAGE"]).read_text(encoding="utf-8"))
    return {**told["Docker"]["config"], "root": os.environ["JWKEEP_ROOT"]}


def read_pod():
    documents = yaml.safe_load_all(KUBERNETES.read_text(encoding="utf-8"))
    return next(each for each in documents
                if each["kind"] == "Deployment")["spec"]["template"]["spec"]


@pytest.fixture
def pod():
    """The example's container."""
    return read_pod()["containers"][0]


def bytes_of(text):
    assert text.endswith("Mi"), text
    return int(text[:-2]) << 20


def mounted(destination, kind, *options, source=None):
    return {"destination": destination, "type": kind, "source": source or kind,
            "options": list(options)}


def make_volumes(folder):
    """The pod's empty folders, with its group's rights: path in the container, path here."""
    volumes = {}
    for each in read_pod()["containers"][0]["volumeMounts"]:
        here = folder / each["name"]
        here.mkdir()
        os.chown(here, 0, read_pod()["securityContext"]["fsGroup"])
        here.chmod(0o2770)
        volumes[each["mountPath"]] = here
    return volumes


def specification(image, words, files, volumes):
    """What an engine would make of the pod (OCI runtime specification); the network is the
    test's. `files` and `volumes`: path in the container, path here."""
    rights, pod_rights = read_pod()["containers"][0]["securityContext"], read_pod()["securityContext"]
    assert rights["capabilities"] == {"drop": ["ALL"]}
    user, group = (int(word) for word in image["User"].split(":"))
    assert (user, group) == (pod_rights["runAsUser"], pod_rights["runAsGroup"])
    none = {name: [] for name in ("bounding", "effective", "permitted", "inheritable", "ambient")}
    return {
        "ociVersion": "1.0.2",
        "process": {"args": image["Entrypoint"] + words, "cwd": "/", "env": image["Env"],
                    "user": {"uid": user, "gid": group, "umask": 0o22},
                    "capabilities": none,
                    "noNewPrivileges": not rights["allowPrivilegeEscalation"]},
        "root": {"path": image["root"], "readonly": rights["readOnlyRootFilesystem"]},
        "hostname": "jwkeep",
        "mounts": [mounted("/proc", "proc"),
                   mounted("/dev", "tmpfs", "nosuid", "mode=755", "size=65536k"),
                   mounted("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro")] + [
            mounted(path, "bind", "bind", "ro", source=str(here))
            for path, here in files.items()] + [
            mounted(path, "bind", "bind", "rw", source=str(here))
            for path, here in volumes.items()],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")],
                  "resources": {"memory": {"limit": bytes_of(
                      read_pod()["containers"][0]["resources"]["limits"]["memory"])}}},
    }


class Container:
    """One that runs, or ran."""

    def __init__(self, folder, name, settings):
        self.name = name
        self.state = folder / "state"
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["runc", "--root", str(self.state), "run", "--bundle", str(folder), name],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def output(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def runc(self, *words, timeout=DEADLINE_S):
        return subprocess.run(["runc", "--root", str(self.state), *words], capture_output=True,
                              text=True, timeout=timeout, check=False)

    def run(self, *words):
        """A command in it, as its user; the status."""
        return self.runc("exec", self.name, *words).returncode

    def pid(self):
        return json.loads(self.runc("state", self.name).stdout)["pid"]

    def end(self, name=signal.SIGTERM.name):
        """Sends the signal; the status at the end."""
        self.runc("kill", self.name, name)
        return self.process.wait(DEADLINE_S)

    def remove(self):
        if self.process.poll() is None:
            self.runc("kill", self.name, "KILL")
            self.process.wait(DEADLINE_S)
        self.runc("delete", "--force", self.name)


@pytest.fixture
def start(image, tmp_path):
    """start(words, files) starts a container with these arguments."""
    running = []

    def make(words, files=None):
        name = f"jwkeep-trial-{os.getpid()}-{len(running)}"
        (tmp_path / f"{name}-volumes").mkdir()
        volumes = make_volumes(tmp_path / f"{name}-volumes")
        settings = specification(image, words, files or {}, volumes)
        container = Container(tmp_path / name, name, settings)
        running.append(container)
        return container

    yield make
    for container in running:
        container.remove()


@pytest.fixture
def key(make_key):
    return make_key("first")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def issuer(certificate, key):
    with ScriptedIssuer(certificate.context()) as running:
        running.keys = [key.public]
        yield running


@pytest.fixture
def token(issuer, key, sign):
    now = int(time.time())
    return sign(key, {"iss": issuer.url, "sub": "alice", "aud": AUDIENCE, "iat": now,
                      "exp": now + 3600})


@pytest.fixture
def container(start, issuer, certificate, tmp_path):
    """The pod's, with another issuer and the certificate that it is known by."""
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n", encoding="ascii")
    ca_file = shutil.copy(certificate.file, tmp_path / "ca.pem")
    for file in (hosts, ca_file):
        os.chmod(file, 0o644)
    words = [f"--issuer={issuer.url}" if word == "--issuer=https://idp.example" else word
             for word in read_pod()["containers"][0]["args"]]
    assert f"--issuer={issuer.url}" in words
    it = start([*words, f"--ca-file={CA_FILE}"], {"/etc/hosts": hosts, CA_FILE: ca_file})
    wait_until("the start", lambda: "event=started" in it.output() or it.process.poll())
    assert it.process.poll() is None, it.output()
    return it

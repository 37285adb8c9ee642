# SPDX-License-Identifier: Apache-2.0
"""The commented configuration, its schema and the program's own tables say the same."""
import json
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "docs/jwkeep.yaml"
SCHEMA = ROOT / "docs/jwkeep.schema.json"


def switched_on(text):
    """Every option of the commented file, without the # right before it."""
    return re.sub(r"^(\s*)#(?=[\w-])", r"\1", text, flags=re.M)


def paths_of_schema(schema, path=()):
    """Every key that a schema knows, by its path; lists add nothing to it."""
    if "items" in schema:
        schema = schema["items"]
    for name, below in schema.get("properties", {}).items():
        yield (*path, name)
        yield from paths_of_schema(below, (*path, name))


def paths_of_file(value, path=()):
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            for name, below in item.items():
                yield (*path, name)
                yield from paths_of_file(below, (*path, name))


@pytest.fixture(scope="module")
def schema():
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


@pytest.fixture
def local(tmp_path, file):
    """The commented file with everything switched on, and the files that it names."""
    text = switched_on(FILE.read_text(encoding="utf-8"))
    text = text.replace("/etc/jwkeep", str(tmp_path)).replace("/var/lib/jwkeep", str(tmp_path))
    (tmp_path / "keys.json").write_text('{"keys":[]}', encoding="utf-8")
    (tmp_path / "backend.secret").write_text("s" * 32, encoding="utf-8")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                    str(tmp_path / "server.key"), "-out", str(tmp_path / "server.pem"),
                    "-subj", "/CN=a"], check=True, capture_output=True)
    for name in ("api-key", "receiver.header"):
        (tmp_path / name).write_text("secret\n", encoding="utf-8")
    for name in ("webhook.secret", "webhook.old"):
        (tmp_path / name).write_text("whsec_" + "AAAA" * 16 + "\n", encoding="utf-8")
    return text


def test_the_schema_is_that_of_the_program(program, schema):
    assert json.loads(program.ok("serve", "--config-schema")) == schema


def test_the_schema_is_one(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_commented_file_has_every_key_and_no_other(schema):
    text = switched_on(FILE.read_text(encoding="utf-8"))
    assert set(paths_of_file(yaml.safe_load(text))) == set(paths_of_schema(schema))


def test_the_commented_file_is_good_as_it_stands(program, schema):
    jsonschema.validate(yaml.safe_load(FILE.read_text(encoding="utf-8")), schema,
                        cls=jsonschema.Draft202012Validator)
    program.ok("serve", "--config", str(FILE), "--check-config")


def test_the_commented_file_is_good_with_everything_switched_on(program, schema, local, file):
    jsonschema.validate(yaml.safe_load(local), schema, cls=jsonschema.Draft202012Validator)
    program.ok("serve", "--config", file(local.encode()), "--check-config")


def test_what_stands_there_as_a_default_is_one(schema):
    """Keys that are switched off have their defaults, where they have one."""
    options = re.findall(r"^\s*#(\w+): (\S+)", FILE.read_text(encoding="utf-8"), flags=re.M)
    defaults = {}
    for path in paths_of_schema(schema):
        node = schema
        for name in path:
            node = node.get("items", node)["properties"][name]
        defaults.setdefault(path[-1], set()).add(json.dumps(node.get("default")).strip('"'))
    for name, value in options:
        known = defaults[name] - {"null"}
        assert not known or value.strip('"') in known, (name, value, known)


def test_the_program_refuses_what_the_schema_refuses(program, schema, file):
    good = {"issuers": [{"name": "a", "issuer": "https://a.example"}],
            "policies": [{"name": "p", "audiences": ["x"]}]}
    bad = [{"unknown": 1}, {"workers": -1}, {"workers": "many"}, {"wait_ms": 0},
           {"start": "soon"}, {"issuers": {}}, {"issuers": [{"name": "a"}]},
           {"admin": {"disabled": 1}}, {"limits": {"max_keys": True}}, {"listeners": [{}]},
           {"policies": [{"name": "p", "algorithms": ["none"]}]}]
    for change in bad:
        text = json.dumps({**good, **change})
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(text), schema,
                                cls=jsonschema.Draft202012Validator)
        assert program.run("serve", "--config", file(text.encode()),
                           "--check-config").returncode == 2, change


def test_the_schema_stands_beside_the_file():
    first = FILE.read_text(encoding="utf-8").splitlines()[0]
    assert (FILE.parent / pathlib.Path(first.split("=")[1])) == SCHEMA

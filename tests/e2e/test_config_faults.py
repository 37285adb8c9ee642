# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve --check-config: what is wrong, where, and what was expected."""
import pytest

GOOD = """\
listeners:
  - address: 127.0.0.1:0
issuers:
  - name: main
    issuer: https://idp.example
    source:
      cooldown_s: 5
policies:
  - name: default
    audiences: [api]
    gateway: nginx
    rules:
      - path: /admin
        policy: default
    token: {cookie: session}
    identity:
      claims:
        - claim: email
"""

# What is put in place of what, the line and column of the fault, and what is said.
FAULTS = {
    "an unknown key": ("cooldown_s", "cooldown", "7:7", 'did you mean "cooldown_s"?'),
    "nothing near": ("cooldown_s", "zzz", "7:7", "known are"),
    "a word for a number": ("cooldown_s: 5", "cooldown_s: soon", "7:19", "1 to 3600"),
    "a number out of range": ("cooldown_s: 5", "cooldown_s: 3601", "7:19", "1 to 3600"),
    "a quoted number": ("cooldown_s: 5", 'cooldown_s: "5"', "7:19", "whole number"),
    "a huge number": ("cooldown_s: 5", "cooldown_s: 99999999999999999999", "7:19", "whole"),
    "a fraction": ("cooldown_s: 5", "cooldown_s: 1.5", "7:19", "whole number"),
    "a list for a number": ("cooldown_s: 5", "cooldown_s: [5]", "7:19", "not a list"),
    "numbers that contradict": ("cooldown_s: 5", "lifetime_min_s: 5000", "5:13",
                                "lifetime_max_s"),
    "a text for a list": ("[api]", "api", "10:16", "a list expected"),
    "a list for a mapping": ("{cookie: session}", "[cookie]", "15:12", "a mapping expected"),
    "an empty text": ("https://idp.example", "", "5:12", "empty"),
    "no https": ("https://idp", "http://idp", "5:13", "must be https"),
    "a key twice": ("    gateway: nginx", "    audiences: [x]", "11:5", "twice"),
    "a missing key": ("    issuer: https://idp.example\n", "", "4:5", 'needs the key "issuer"'),
    "an anchor": ("[api]", "&a [api]", "10:16", "anchors"),
    "an alias": ("[api]", "*a", "10:16", "aliases"),
    "a tag": ("[api]", "!!set [api]", "10:16", "tags"),
    "a second document": ("        - claim: email", "        - claim: e\n---\na: 1", "19:1",
                          "second document"),
    "broken YAML": ("[api]", "[api", "11:12", "not YAML"),
    "a tab": ("  - address", "\t- address", "2:1", "not YAML"),
    "nesting": ("[api]", "[" * 12 + "]" * 12, "10:23", "deeper than 10"),
    "an unset variable": ("[api]", "[\"${JWKEEP_UNSET}\"]", "10:17", "JWKEEP_UNSET"),
    "a broken variable": ("[api]", "[\"${9}\"]", "10:17", "${NAME}"),
    "an unknown issuer": ("    gateway: nginx", "    issuers: [mainn]\n    gateway: nginx",
                          "11:15", 'did you mean "main"?'),
    "nobody's tokens": (
        "issuers:\n  - name: main\n    issuer: https://idp.example\n    source:\n"
        "      cooldown_s: 5\n", "", "4:5", "whose tokens pass"),
    "an empty list of issuers": (
        "issuers:\n  - name: main\n    issuer: https://idp.example\n    source:\n"
        "      cooldown_s: 5\n", "issuers: []\n", "5:5", "whose tokens pass"),
    "accepted issuers without a pattern": (
        "    gateway: nginx", "    accepted_issuers: {patterns: []}\n    gateway: nginx", "11:34",
        "at least one"),
    "a pattern for a part of a name": (
        "    gateway: nginx",
        '    accepted_issuers: {patterns: ["https://a*.b.example"]}\n    gateway: nginx', "11:23",
        "patterns"),
    "a proxy for strangers": (
        "    gateway: nginx",
        '    accepted_issuers: {patterns: ["https://*.b.example"], source: {proxy: x}}\n'
        "    gateway: nginx", "11:68", "unknown key"),
    "an unknown policy": ("policy: default", "policy: defautl", "14:17",
                          'did you mean "default"?'),
    "an unknown choice": ("nginx", "ngin", "11:14", "none, nginx, forwarded, envoy"),
    "no audience": ("    audiences: [api]\n", "", "9:5", "any_audience"),
    "an unknown algorithm": ("    gateway: nginx",
                             "    algorithms: [RS256, none]\n    gateway: nginx", "11:25",
                             "an algorithm"),
    "rules without a gateway": ("    gateway: nginx\n", "", "12:7", "gateway"),
    "an ambiguous path": ("/admin", "/a/%2e%2e/../b", "13:15", "path"),
    "a rule without a verdict": ("        policy: default\n", "", "13:9", '"policy"'),
    "no place for a token": ("{cookie: session}", "{authorization: false}", "15:12", "nowhere"),
    "a cookie that is no name": ("cookie: session", 'cookie: "a b"', "15:21", "cookie"),
    "a header twice": ("claim: email", "{claim: a, header: X-AUTH-Subject}", "18:11", "twice"),
    "a claim that is no name": ("claim: email", 'claim: "a:b"', "18:11", "header"),
    "a name that is no path": ("- name: default", "- name: de/fault", "9:11", "letters"),
    "two policies of a name": ("        - claim: email",
                               "        - claim: email\n  - name: default\n"
                               "    audiences: [a]", "19:11", "two policies"),
    "two issuers of a name": ("policies:", "  - {name: main, issuer: https://b.example}\n"
                              "policies:", "8:12", "two issuers"),
    "two issuers of an iss": ("policies:", "  - {name: b, issuer: https://idp.example}\n"
                              "policies:", "8:23", "two issuers"),
    "an address": ("127.0.0.1:0", "localhost:0", "2:14", "IP:PORT"),
    "an introspection nobody may ask for": (
        "policies:", "introspection: {clients: [{id: a}]}\npolicies:", "8:27", "secret_file"),
    "a secret, and a file with it": (
        "policies:", "introspection: {clients: [{id: a, secret: b, secret_file: /c}]}\npolicies:",
        "8:46", "secret_file: secret is given, too"),
    "a short secret": (
        "policies:", "introspection: {clients: [{id: a, secret: short}]}\npolicies:", "8:43",
        "a secret of 16"),
    "a secret that Basic would write otherwise": (
        "policies:", "introspection: {clients: [{id: a, secret: \"1234567890 12345\"}]}\n"
        "policies:", "8:43", "a secret of 16"),
    "an introspection by an unknown policy": (
        "policies:", "introspection: {policy: defalt}\npolicies:", "8:25", "did you mean"),
    "a host with a port": (
        "listeners:", 'admin: {hosts: [a.example, "b.example:9090"]}\nlisteners:', "1:28",
        "without a port"),
    "a mode": ("    issuer:", "    keys_file: /nowhere\n    issuer:", "8:7", "no source"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_says_where_and_what(program, file, name):
    before, after, place, says = FAULTS[name]
    assert GOOD.count(before) >= 1
    path = file(GOOD.replace(before, after, 1).encode())
    done = program.run("serve", "--config", path, "--check-config")
    said = done.stderr.decode()
    assert done.returncode == 2 and done.stdout == b"", done
    assert said.count("\n") == 1 and said.startswith(f"jwkeep: {path}:{place}: "), said
    assert says in said, said


def test_a_good_file_is_good(program, file):
    said = program.ok("serve", "--config", file(GOOD.encode()), "--check-config")
    assert b"in order: 1 issuers, 1 policies" in said


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"\0", b"\xff\xfe", b"a: \xff\n",
                                  b"- list\n", b"text\n"])
def test_refuses_what_is_no_configuration(program, file, data):
    assert program.run("serve", "--config", file(data), "--check-config").returncode == 2


def test_a_file_that_is_not_there(program, tmp_path):
    done = program.run("serve", "--config", str(tmp_path / "none.yaml"))
    assert done.returncode == 2 and b"none.yaml: No such file" in done.stderr, done


def test_the_size_is_bounded(program, file):
    data = GOOD.encode() + b"#" * (4 << 20)
    done = program.run("serve", "--config", file(data), "--check-config")
    assert done.returncode == 2 and b"File too large" in done.stderr, done


def test_values_are_bounded_in_number(program, file):
    data = b"issuers: [" + b"a," * 300000 + b"a]"
    done = program.run("serve", "--config", file(data), "--check-config")
    assert done.returncode == 2 and b"more than 200000 values" in done.stderr, done


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor(program, file):
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i-1}, *a{i-1}]" for i in range(1, 40)]
    done = program.run("serve", "--config", file("\n".join(lines).encode()), "--check-config")
    assert done.returncode == 2 and b":1:5: anchors" in done.stderr, done


def test_the_environment_is_put_in(program, file, monkeypatch):
    monkeypatch.setenv("JWKEEP_TEST_ISSUER", "https://idp.example")
    monkeypatch.setenv("JWKEEP_TEST_COOLDOWN", "7")
    text = GOOD.replace("https://idp.example", "${JWKEEP_TEST_ISSUER}")
    text = text.replace("cooldown_s: 5", "cooldown_s: ${JWKEEP_TEST_COOLDOWN}")
    text = text.replace("[api]", "[\"${JWKEEP_UNSET:-api}\"]")
    program.ok("serve", "--config", file(text.encode()), "--check-config")


def test_the_environment_adds_no_yaml_and_is_not_shown(program, file, monkeypatch):
    monkeypatch.setenv("JWKEEP_TEST_COOLDOWN", "5\n      hidden: 1")
    text = GOOD.replace("cooldown_s: 5", "cooldown_s: ${JWKEEP_TEST_COOLDOWN}")
    done = program.run("serve", "--config", file(text.encode()), "--check-config")
    assert done.returncode == 2 and b"hidden" not in done.stderr, done


HEADER = """\
      cooldown_s: 5
      request_headers:
        - name: X-Key
"""


@pytest.mark.parametrize("lines,says", [
    ("          value_file: {file}\n", None),
    ("          value_file: {file}\n          value: x\n", "value: value_file is given, too"),
    ("          value: x\n          value_file: {file}\n", "value_file: value is given, too"),
    ("          value_file: {file}.none\n", "No such file"),
    ("          value_file: /dev/null\n", "holds no text"),
    ("", "value_file"),
])
def test_secrets_come_from_files(program, file, lines, says):
    secret = file(b"the secret\n")
    text = GOOD.replace("      cooldown_s: 5\n", HEADER + lines.format(file=secret))
    done = program.run("serve", "--config", file(text.encode()), "--check-config")
    assert done.returncode == (2 if says else 0), done
    assert (says or "").encode() in done.stderr and b"the secret" not in done.stderr, done


def test_flags_that_stand_in_the_file_are_refused(program, file):
    path = file(GOOD.encode())
    for words in (("--dev",), ("--issuer", "https://a.example"), ("--cooldown", "5"),
                  ("--audience", "x")):
        done = program.run("serve", "--config", path, *words)
        assert done.returncode == 2 and b"stands in the file" in done.stderr, done
    assert program.run("serve", "--check-config", "--dev").returncode == 2

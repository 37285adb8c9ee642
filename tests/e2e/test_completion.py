# SPDX-License-Identifier: Apache-2.0
"""jwkeep completion: the scripts are sourced in the shells they are for, and asked."""
import shutil
import subprocess

import pytest

from support.cli import USAGE, refuses

# What is typed, and some of what must be offered, and what must not.
CASES = {
    "commands": ("", ["jwt", "jwks", "serve", "completion"], ["verify"]),
    "verbs": ("jwt ", ["sign", "verify", "decode"], ["generate"]),
    "part of a verb": ("jwt ve", ["verify"], ["sign"]),
    "options": ("jwt verify --ke", ["--key"], ["--kid"]),
    "options of a single command": ("serve --issu", ["--issuer"], ["--listen"]),
    "an algorithm": ("jwt verify --alg ES2", ["ES256", "ES256K"], ["RS256"]),
    "words": ("jwt verify --profile ", ["at+jwt", "id-token"], []),
    "operands of a few words": ("completion ", ["bash", "zsh", "fish"], []),
    "a file": ("jwk check key", ["key.json"], ["other"]),
    "a file of an option": ("jwt verify --key key", ["key.json"], ["other"]),
}

BASH = """
source <("$1" completion bash)
COMP_WORDS=(jwkeep {words} {last!r})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_jwkeep
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def ask(program, tmp_path):
    (tmp_path / "key.json").touch()
    (tmp_path / "other").touch()

    def run(shell, script):
        done = subprocess.run([shell, "-c", script, shell, program.path], cwd=tmp_path, timeout=20,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 0 and done.stderr == b"", done
        return done.stdout.decode().splitlines()

    return run


@pytest.mark.parametrize("name", CASES)
def test_bash_completes(ask, name):
    typed, offered, not_offered = CASES[name]
    *words, last = typed.split(" ")
    answers = ask("bash", BASH.format(words=" ".join(words), last=last))
    assert set(offered) <= set(answers), answers
    assert not set(not_offered) & set(answers), answers


@pytest.mark.foreign
@pytest.mark.parametrize("name", CASES)
def test_fish_completes(ask, name):
    typed, offered, not_offered = CASES[name]
    answers = ask("fish", f"$argv[-1] completion fish | source; complete -C 'jwkeep {typed}'")
    answers = {line.split("\t")[0] for line in answers}
    assert set(offered) <= answers, answers
    assert not set(not_offered) & answers, answers


# compadd and _arguments as zsh would call them, without a terminal.
ZSH = """
autoload -U compinit && compinit -D -u
script=$("$1" completion zsh)
_arguments() {{ printf '%s\\n' "$@" }}
compadd() {{ shift; printf '%s\\n' "$@" }}
words=(jwkeep {words} {last!r}) CURRENT=$(({count} + 2))
eval "$script"
_jwkeep
"""


@pytest.mark.foreign
@pytest.mark.parametrize("name", ["commands", "verbs", "options"])
def test_zsh_is_told_the_same(ask, name):
    typed, offered, _ = CASES[name]
    *words, last = typed.split(" ")
    answers = ask("zsh", ZSH.format(words=" ".join(words), last=last, count=len(words)))
    for word in offered:
        assert any(line == word or line.startswith((word + "[", "*" + word + "["))
                   for line in answers), answers


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_is_one_of_its_shell(program, shell, tmp_path):
    path = shutil.which(shell)
    if not path:
        pytest.skip(f"no {shell} here")
    script = tmp_path / "script"
    script.write_bytes(program.ok("completion", shell))
    subprocess.run([path, "-n", str(script)], check=True, timeout=20)


def test_refuses_a_shell_it_does_not_know(program):
    refuses(program, USAGE, "completion", says="bash")
    refuses(program, USAGE, "completion", "tcsh", says="tcsh")

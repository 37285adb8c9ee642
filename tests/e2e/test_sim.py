# SPDX-License-Identifier: Apache-2.0
"""jwkeep sim: it plays what it is told to, the same for the same seed."""
import json
import re

from support.cli import USAGE, refuses


def play(program, *options):
    return json.loads(program.ok("sim", "--json", *options))


def test_plays_the_steps_of_a_seed_again(program):
    first = play(program, "--seed", "42", "--steps", "200000")
    again = play(program, "--seed", "42", "--steps", "200000")
    assert first["steps"] == 200000 and "broken" not in first
    del first["steps_per_s"], again["steps_per_s"]
    assert first == again


def test_tells_the_seed_that_it_drew(program):
    text = program.ok("sim", "--steps", "50000").decode()
    seed = re.match(r"seed (\d+): 50000 steps", text)
    assert seed, text
    replayed = play(program, "--seed", seed.group(1), "--steps", "50000")
    assert f"lookups    {replayed['lookups']}:" in text


def test_refuses_no_steps(program):
    refuses(program, USAGE, "sim", "--steps", "0", says="--steps")

# SPDX-License-Identifier: Apache-2.0
"""jwkeep bench: what it counts. What it measures is for people to read."""
import json

import pytest

STORM = ["bench", "storm", "--json", "--requests", "400", "--latency-ms", "300", "--quiet-ms",
         "50"]


@pytest.fixture(scope="module")
def storm(program):
    return json.loads(program.ok(*STORM))


def test_one_download_for_all_and_no_duplicate(storm):
    library = storm["library"]
    assert library["downloads"] == 1
    assert library["duplicates"] == 0
    assert library["right"] == storm["requests"] == 400


def test_a_rotation_during_a_download_costs_a_second_one(storm):
    race = storm["race"]
    assert race["downloads"] == 2
    assert race["right"] == race["requests"]


def test_check_says_so_by_its_status(program):
    assert program.run(*STORM, "--check").returncode == 0


def test_the_naive_way_is_a_real_one(storm):
    assert storm["check_then_add"]["downloads"] > 1
    assert storm["check_then_add"]["duplicates"] > 0


def test_verify_measures_what_is_asked(program):
    out = program.ok("bench", "verify", "--json", "--alg", "HS256", "--alg", "ES256",
                     "--seconds", "1", "--rounds", "5")
    text = out.decode()
    assert "HS256" in text and "ES256" in text and "RS256" not in text
    json.loads(text)


def test_read_measures_one_thread_two_and_so_on(program):
    out = program.ok("bench", "read", "--json", "--threads", "3", "--seconds", "1", "--rounds", "5")
    rows = json.loads(out)
    assert [row["threads"] for row in rows] == [1, 2, 3]
    assert all(row[kind] > 0 for row in rows
               for kind in ("unprotected_ns", "ring_ns", "ring_hold_ns"))


@pytest.mark.plain
def test_memory_has_a_figure_for_each_thing(program):
    rows = {row["what"].strip(): row["bytes"] for row in
            json.loads(program.ok("bench", "memory", "--sources", "20", "--json"))}
    for what in ("key, RSA-2048, public", "key, EC P-256, public", "key, Ed25519, public",
                 "token object, new", "source without keys", "source with three RSA keys",
                 "verification that is pending", "connection of the service, idle"):
        assert rows[what] > 0, rows
    assert rows["source with three RSA keys"] > rows["source without keys"]
    remembered = [size for what, size in rows.items() if what.startswith("remembered RS256 token")]
    assert 900 < remembered[0] < 8192


def test_cache_counts_hits(program):
    out = program.ok("bench", "cache", "--json", "--alg", "ES256", "--tokens", "200", "--seconds", "1",
                     "--rounds", "5", "--population", "2000", "--entries", "512", "--draws", "20000")
    said = json.loads(out)
    assert said["hits"] > 0.9
    assert said["found"] >= said["found_lru"]
    assert said["flooded_found"] > said["flooded_found_lru"]

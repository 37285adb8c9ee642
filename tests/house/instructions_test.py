#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that bench/instructions still counts: a plausible number a token, the reader of JSON
among the functions, nothing of libcrypto. No test fails on what it costs.
Usage: instructions_test.py BUILD-FOLDER"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LEAST, MOST = 500, 1_000_000  # a signature check of ES256 takes more


def main():
    done = subprocess.run([ROOT / "bench/instructions", "--build", sys.argv[1],
                           "--functions", "1000", "ES256"],
                          check=True, stdout=subprocess.PIPE, text=True)
    count = int(re.search(r"^ES256 +(\d+)", done.stdout, re.M).group(1))
    functions = dict(line.split(maxsplit=1)[::-1] for line in done.stdout.splitlines()
                     if line.startswith("  "))
    assert LEAST < count < MOST, done.stdout
    assert "jk_json_parse" in functions, done.stdout
    assert not any(name.startswith("EVP_") for name in functions), done.stdout
    return 0


if __name__ == "__main__":
    sys.exit(main())

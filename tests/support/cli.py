# SPDX-License-Identifier: Apache-2.0
"""Owns how the command line says no: status, one line, nothing else.
Statuses: 0 yes, 1 no, 2 usage, 3 could not decide, 4 internal."""
YES, NO, USAGE, UNDECIDED = 0, 1, 2, 3


def refuses(program, status, *words, stdin=b"", says=""):
    """The run ends with `status`, nothing on standard output, and one line that says why."""
    done = program.run(*words, stdin=stdin)
    assert done.returncode == status, (words, done)
    assert done.stdout == b"", (words, done)
    lines = done.stderr.decode().strip().splitlines()
    assert lines and lines[0].startswith("jwkeep"), (words, done)
    if status != USAGE:
        assert len(lines) == 1, (words, done)
    assert says in done.stderr.decode(), (words, done)

# SPDX-License-Identifier: Apache-2.0
"""Owns how the service says no, and how it says that it cannot say."""
AUDIENCE = "api"


def assert_refused(answer, error="invalid_token"):
    assert answer.status == 401, answer
    assert answer.headers["WWW-Authenticate"].startswith("Bearer "), answer
    assert f'error="{error}"' in answer.headers["WWW-Authenticate"], answer
    assert "X-Auth-Subject" not in answer.headers, answer


def assert_undecided(answer):
    assert answer.status == 503, answer
    assert int(answer.headers["Retry-After"]) > 0, answer
    assert "X-Auth-Subject" not in answer.headers, answer

# SPDX-License-Identifier: Apache-2.0
"""jwkeep serve under more than it takes: ten thousand open connections, one address that wants
all of them, a flood of forged tokens. Memory stays bounded, and others are answered."""
import asyncio
import collections
import json
import resource
import time

import pytest

from support import forge, raw
from support.program import wait_until

pytestmark = pytest.mark.long

CONNECTIONS = 10000
MAX_PER_ADDRESS = 14336  # SERVER_MAX_PER_ADDRESS
AT_ONCE = 250  # connections opened at a time: less than a listen queue
KB_A_CONNECTION = 8
FLOOD_S = 5
SENDERS = 32
DEADLINE_S = 120


@pytest.fixture(autouse=True)
def many_files():
    """A limit of open files that allows all connections, here and for the service."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_PER_ADDRESS + 2000
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"the hard limit of open files is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def token(service, sign, key, claims):
    good = sign(key, claims)
    assert service.verify(good).status == 200
    return good


def request(token):
    return f"GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def status_of(head):
    return int(head.split(b" ", 2)[1]) if head else None


async def open_connections(address, count, source="127.0.0.1"):
    host, port = address.rsplit(":", 1)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one():
        async with gate:
            return await asyncio.open_connection(host, int(port), local_addr=(source, 0))

    return await asyncio.gather(*(one() for _ in range(count)))


async def ask_all(streams, data):
    """The statuses of the answers on all connections; None where it was closed before."""
    for _, writer in streams:
        writer.write(data)

    async def answer(reader):
        try:
            return status_of(await reader.readuntil(b"\r\n\r\n"))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    return collections.Counter(await asyncio.gather(*(answer(reader) for reader, _ in streams)))


def run(work):
    return asyncio.run(asyncio.wait_for(work, DEADLINE_S))


def test_ten_thousand_open_connections_cost_little_and_hold_up_nobody(service, token):
    before = raw.resident_kb(service.process)

    async def work():
        streams = await open_connections(service.addresses["listen"], CONNECTIONS)
        first = await ask_all(streams, request(token))
        held = raw.resident_kb(service.process)
        assert service.metric("jwkeep_connections") >= CONNECTIONS
        began = time.monotonic()
        status = service.verify(token).status
        took_ms = (time.monotonic() - began) * 1000
        second = await ask_all(streams, request(token))
        for _, writer in streams:
            writer.close()
        return first, second, held, status, took_ms

    first, second, held, status, took_ms = run(work())
    assert first == second == {200: CONNECTIONS} and status == 200
    wait_until("their end", lambda: service.metric("jwkeep_connections") <= 1)
    after = raw.resident_kb(service.process)
    print(f"VmRSS {before} kB, with {CONNECTIONS} connections {held} kB "
          f"({(held - before) / CONNECTIONS:.2f} kB each), after them {after} kB; "
          f"one more client answered after {took_ms:.1f} ms")
    assert held - before < KB_A_CONNECTION * CONNECTIONS


def test_one_address_cannot_have_every_connection(service, token):
    async def work():
        address = service.addresses["listen"]
        streams = await open_connections(address, MAX_PER_ADDRESS + 500)
        greedy = await ask_all(streams, request(token))
        others = await open_connections(address, 100, "127.0.0.2")
        polite = await ask_all(others, request(token))
        for _, writer in streams + others:
            writer.close()
        return greedy, polite

    greedy, polite = run(work())
    print(f"one address: {dict(greedy)}, another: {dict(polite)}")
    assert greedy[200] == MAX_PER_ADDRESS and greedy[200] + greedy[503] + greedy[None] == \
        MAX_PER_ADDRESS + 500
    assert polite == {200: 100}
    assert service.metric("jwkeep_connections_turned_away_total") == 500


def forged_tokens(claims, token):
    """Each like no other: unknown names of keys, other claims, broken signatures."""
    number = 0
    while True:
        number += 1
        yield forge.unsigned({"alg": "ES256", "kid": f"unknown-{number}"}, claims) + "." + \
            token.rsplit(".", 1)[1]
        yield forge.with_claim(token, "sub", f"mallory-{number}")
        yield forge.with_bit_flipped(token, number % 64)


def test_a_flood_of_forged_tokens_leaves_memory_and_good_tokens_alone(service, token, claims,
                                                                      issuer):
    forged = forged_tokens(claims, token)
    downloads = issuer.downloads

    async def flood(stream, end, counts):
        reader, writer = stream
        while time.monotonic() < end:
            batch = [next(forged) for _ in range(20)]
            writer.write(b"".join(map(request, batch)))
            for _ in batch:
                head = await reader.readuntil(b"\r\n\r\n")
                counts[status_of(head)] += 1
                size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(size)

    async def ask_meanwhile(stream, end, counts):
        while time.monotonic() < end:
            counts.update(await ask_all([stream], request(token)))

    async def work(seconds):
        streams = await open_connections(service.addresses["listen"], SENDERS + 1)
        bad, good = collections.Counter(), collections.Counter()
        end = time.monotonic() + seconds
        await asyncio.gather(ask_meanwhile(streams[0], end, good),
                             *(flood(stream, end, bad) for stream in streams[1:]))
        for _, writer in streams:
            writer.close()
        return bad, good

    run(work(1))  # what one needs at all is there after this
    before = raw.resident_kb(service.process)
    bad, good = run(work(FLOOD_S))
    after = raw.resident_kb(service.process)
    print(f"{sum(bad.values())} forged: {dict(bad)}; good meanwhile: {dict(good)}; "
          f"VmRSS {before} kB, then {after} kB; "
          f"{issuer.downloads - downloads} downloads; {json.dumps(service.status()['requests'])}")
    assert set(bad) <= {401, 503} and bad[401] > 0
    assert set(good) == {200} and good[200] > 0
    assert after - before < 4096
    assert issuer.downloads - downloads <= 2

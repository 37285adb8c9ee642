# SPDX-License-Identifier: Apache-2.0
"""Ten thousand requests that wait for one download."""
import asyncio
import collections
import resource
import time

import pytest

REQUESTS = 10000
AT_ONCE = 250  # connections opened at a time: less than a listen queue
DEADLINE_S = 120
PARKING_S = 1  # a request gives up after two seconds


@pytest.fixture
def many_files():
    """A limit of open files that allows a connection for each request."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = REQUESTS + 1000
    if hard != resource.RLIM_INFINITY and hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
        except (ValueError, OSError):
            pytest.skip(f"the hard limit of open files is {hard}")
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, resource.getrlimit(
        resource.RLIMIT_NOFILE)[1]))


async def connect(address):
    host, port = address.rsplit(":", 1)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one():
        async with gate:
            return await asyncio.open_connection(host, int(port))

    return await asyncio.gather(*(one() for _ in range(REQUESTS)))


async def storm(address, token, on_sent):
    """The statuses of REQUESTS requests that are all under way before the keys come."""
    streams = await connect(address)
    request = (f"GET /verify HTTP/1.1\r\nHost: {address}\r\n"
               f"Authorization: Bearer {token}\r\n\r\n").encode()
    for _, writer in streams:
        writer.write(request)
    await asyncio.gather(*(writer.drain() for _, writer in streams))
    await asyncio.get_running_loop().run_in_executor(None, on_sent)
    heads = await asyncio.gather(*(reader.readuntil(b"\r\n\r\n") for reader, _ in streams))
    for _, writer in streams:
        writer.close()
    return collections.Counter(head.split(b" ", 2)[1] for head in heads)


def test_ten_thousand_parked_requests_share_one_download(many_files, serve, issuer, make_key,
                                                         sign):
    first, second = make_key("first"), make_key("second")
    now = int(time.time())
    claims = {"iss": issuer.url, "sub": "alice", "aud": "api", "iat": now, "exp": now + 3600}
    issuer.keys = [first.public]
    service = serve("--issuer", issuer.url, "--audience", "api", "--allow-http-loopback")
    assert service.verify(sign(first, claims)).status == 200
    before = issuer.downloads

    issuer.keys = [first.public, second.public]
    issuer.gate.clear()
    parked = []

    def open_gate():
        end = time.monotonic() + PARKING_S
        while time.monotonic() < end and service.status()["parked"] < REQUESTS:
            pass
        parked.append(service.status()["parked"])
        issuer.gate.set()

    statuses = asyncio.run(asyncio.wait_for(
        storm(service.addresses["listen"], sign(second, claims), open_gate), DEADLINE_S))
    assert parked[0] > REQUESTS // 2
    assert statuses == {b"200": REQUESTS}
    assert issuer.downloads == before + 1

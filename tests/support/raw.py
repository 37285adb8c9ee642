# SPDX-License-Identifier: Apache-2.0
"""Owns speaking to a service byte by byte: what no HTTP client would send."""
import socket

from support.program import DEADLINE_S


def connect(address, source="127.0.0.1"):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), DEADLINE_S, source_address=(source, 0))


def read_to_end(client):
    """All that comes until the other side closes, which it must; a reset is an end, too."""
    parts = []
    while True:
        try:
            part = client.recv(65536)
        except ConnectionResetError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def exchange(address, data, closes=True):
    """What the service answers to `data` until it closes; with `closes`, our half is closed
    after the data."""
    with connect(address) as client:
        client.sendall(data)
        if closes:
            client.shutdown(socket.SHUT_WR)
        return read_to_end(client)


def statuses(data):
    """The statuses of the answers in `data`, none of which has a body."""
    return [int(line.split(b" ", 2)[1]) for line in data.split(b"\r\n")
            if line.startswith(b"HTTP/1.1 ")]


def memory_kb(process):
    """What the kernel says of a process's memory, exactly (proc(5), smaps_rollup): `Anonymous` is
    heap and stacks, without the files that are mapped; `Pss` is all, shared pages in parts."""
    with open(f"/proc/{process.pid}/smaps_rollup", encoding="utf-8") as lines:
        rows = (line.split() for line in lines)
        return {row[0].rstrip(":"): int(row[1]) for row in rows if row[-1] == "kB"}


def resident_kb(process):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

# SPDX-License-Identifier: Apache-2.0
"""Owns a name server that says 127.0.0.1 of one name and knows no other (RFC 1035)."""
import socket
import struct
import threading

TYPE_A, CLASS_IN, NAME_ERROR = 1, 1, 3


def name_of(question):
    """The name, and where it ends."""
    labels, at = [], 0
    while size := question[at]:
        labels.append(question[at + 1:at + 1 + size].decode())
        at += 1 + size
    return ".".join(labels).lower(), at + 1


class NamesServer:
    """On port 53 of 127.0.0.1, from entering to leaving the context; counts what it was asked."""

    def __init__(self, name):
        self.name = name
        self.asked = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))

    def answer(self, query):
        name, end = name_of(query[12:])
        kind, _ = struct.unpack("!HH", query[12 + end:16 + end])
        question = query[12:16 + end]
        is_known = name == self.name
        record = b"\xc0\x0c" + struct.pack("!HHIH4B", TYPE_A, CLASS_IN, 0, 4, 127, 0, 0, 1)
        has_record = is_known and kind == TYPE_A
        flags = 0x8580 | (0 if is_known else NAME_ERROR)
        return (query[:2] + struct.pack("!5H", flags, 1, int(has_record), 0, 0) + question +
                (record if has_record else b""))

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(512)
            if not query:
                return
            self.asked += 1
            self.socket.sendto(self.answer(query), client)

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", 53))
        self.thread.join()
        self.socket.close()

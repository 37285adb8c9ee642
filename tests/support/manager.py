# SPDX-License-Identifier: Apache-2.0
"""Owns the ear of a service manager: what a service tells over $NOTIFY_SOCKET, and which of its
processes does."""
import socket
import struct

from support.program import DEADLINE_S

CREDENTIALS = struct.Struct("3i")  # process, user, group


class Manager:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(path)
        self.socket.settimeout(DEADLINE_S)

    def hear_from(self):
        """The next message: its process, its lines."""
        text, more, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(CREDENTIALS.size))
        return CREDENTIALS.unpack(more[0][2])[0], text.decode().split("\n")

    def hear(self):
        return self.hear_from()[1]

    def hear_of(self, word):
        while True:
            said = self.hear()
            if word in said:
                return said

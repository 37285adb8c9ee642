# SPDX-License-Identifier: Apache-2.0
"""Runs in the place of the service, under its unit, and tries what a stranger would try who had
taken it over. Writes what succeeded as JSON into the state folder. Refuses to judge it."""
import ctypes
import json
import mmap
import os
import pathlib
import signal
import socket
import stat

STATE = pathlib.Path("/var/lib/jwkeep")
libc = ctypes.CDLL(None, use_errno=True)

# Numbers of system calls on x86-64, of which libc has no wrapper.
KEYCTL, IO_URING_SETUP, BPF, USERFAULTFD, PERF_EVENT_OPEN = 250, 425, 321, 323, 298
CLONE_NEWUSER, PTRACE_ATTACH, LINUX32, CLOCK_REALTIME = 0x10000000, 16, 8, 0


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def call(name, *arguments):
    return lambda: checked(getattr(libc, name)(*arguments))


def system_call(number, *arguments):
    return lambda: checked(libc.syscall(number, *arguments))


def write_to(path):
    def attempt():
        with open(path, "a", encoding="ascii") as file:
            file.write("x")
    return attempt


def read_from(path):
    def attempt():
        with open(path, "rb") as file:
            file.read(1)
    return attempt


def open_socket(family, kind=socket.SOCK_RAW):
    return lambda: socket.socket(family, kind).close()


def map_executable():
    mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def make_setuid():
    path = STATE / "setuid"
    path.write_text("", encoding="ascii")
    path.chmod(stat.S_ISUID | 0o755)


def see_others():
    if not pathlib.Path("/proc/1").exists():
        raise OSError("no process but those of the service")


def listen_low():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 81))


ATTEMPTS = {
    "write /etc": write_to("/etc/jwkeep/jwkeep.yaml"),
    "write /usr": write_to("/usr/bin/jwkeep"),
    "write /var/lib": write_to("/var/lib/other"),
    "write /run": write_to("/run/other"),
    "write /var/log": write_to("/var/log/other"),
    "write /dev/shm": write_to("/dev/shm/other"),
    "write /home": write_to(pathlib.Path("/home") / "other"),
    "write the file of the socket": call("unlink", b"/run/jwkeep/verify.sock"),
    "read a file of root": read_from("/etc/shadow"),
    "read /root": lambda: os.listdir("/root"),
    "read /proc/kallsyms": read_from("/proc/kallsyms"),
    "read the kernel's settings": read_from("/proc/sys/kernel/hostname"),
    "read a disk": read_from("/dev/vda"),
    "see other processes": see_others,
    "become root": call("setuid", 0),
    "become another": call("setuid", 33),
    "make a user namespace": call("unshare", CLONE_NEWUSER),
    "mount": call("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "trace": call("ptrace", PTRACE_ATTACH, 1, 0, 0),
    "execute what was written": map_executable,
    "make a setuid file": make_setuid,
    "change the personality": call("personality", LINUX32),
    "run in real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "set the clock": call("clock_settime", CLOCK_REALTIME, (ctypes.c_long * 2)(0, 0)),
    "set the name of the machine": lambda: socket.sethostname("stolen"),
    "reboot": call("reboot", 0),
    "signal init": lambda: os.kill(1, signal.SIGHUP),
    "keyctl": system_call(KEYCTL, 0, 0, 0),
    "bpf": system_call(BPF, 0, None, 0),
    "io_uring": system_call(IO_URING_SETUP, 1, (ctypes.c_char * 120)()),
    "userfaultfd": system_call(USERFAULTFD, 0),
    "perf_event_open": system_call(PERF_EVENT_OPEN, None, 0, -1, -1, 0),
    "a packet socket": open_socket(socket.AF_PACKET),
    "a netlink socket": open_socket(socket.AF_NETLINK),
    "a raw socket": open_socket(socket.AF_INET),
    "listen below 1024": listen_low,
    "write the state": write_to(STATE / "mine"),
    "write /tmp": write_to("/tmp/mine"),
    "an internet socket": open_socket(socket.AF_INET, socket.SOCK_STREAM),
    "read the configuration": read_from("/etc/jwkeep/jwkeep.yaml"),
    "open many files": lambda: [os.dup(0) for _ in range(18000)],
}


def outcome(attempt):
    try:
        attempt()
    except OSError as failure:
        return str(failure)
    return "succeeded"


outcomes = {name: outcome(attempt) for name, attempt in ATTEMPTS.items()}
os.closerange(3, 20000)
(STATE / "outcomes.json").write_text(json.dumps(outcomes), encoding="utf-8")

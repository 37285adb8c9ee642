# SPDX-License-Identifier: Apache-2.0
"""Owns running a gateway of Debian with the configuration of its page in docs/gateways, as a
user without rights, and the application behind it."""
import http.client
import http.server
import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import threading

from support.issuer import Server
from support.program import DEADLINE_S, ask, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = ROOT / "docs/gateways"
# What the pages call the addresses.
PAGE_LISTEN, PAGE_VERIFIER, PAGE_APPLICATION = "127.0.0.1:8000", "127.0.0.1:8080", "127.0.0.1:3000"
ATTEMPTS = 5  # a port chosen by the system may be taken again before the gateway has it


class Application:
    """An HTTP server that keeps the requests that reached it, and answers with what it got."""

    def __init__(self):
        self.requests = []
        self.status = 200
        application = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def body(self):
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = []
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)

            def answer(self):
                request = {"method": self.command, "path": self.path,
                           "headers": [[n.lower(), v] for n, v in self.headers.items()],
                           "body": self.body().decode("latin-1")}
                application.requests.append(request)
                body = json.dumps(request).encode()
                self.send_response(application.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def free_address():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"


def page_block(page, language):
    """The only fenced block of that language on the page."""
    text = (PAGES / page).read_text(encoding="utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, (page, language, len(blocks))
    return blocks[0]


class Unprivileged:
    """A folder, and starting programs in it as `nobody` where the tests run as root: gateways
    give up their rights, so no test may lean on them. The folder's group is theirs, and so is
    that of every socket made in it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="jwkeep-gateway-"))
        self.user = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.folder.chmod(0o2770)

    def copy(self, path):
        """A copy that the user may read, of a file it might not reach."""
        target = self.folder / path.name
        shutil.copyfile(path, target)
        target.chmod(0o644)
        return target

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        return str(path)

    def start(self, words, **environment):
        with open(self.folder / "log", "ab") as log:
            if self.user:
                os.chown(log.fileno(), self.user["user"], self.user["group"])
            return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    cwd=self.folder, **self.user,
                                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment})

    def remove(self):
        shutil.rmtree(self.folder)


class Gateway:
    """One gateway in front of one application. A subclass says how: `page`, `language`,
    `unix` (how it writes the address of a unix socket) and `words(configuration)`."""

    page = language = unix = None
    most_connections = 0  # to jwkeep, that one client may open after its first request

    def __init__(self, home, verifier, application):
        self.home = home
        self.verifier = self.unix.format(verifier[len("unix:"):]) \
            if verifier.startswith("unix:") else verifier
        self.application = application
        self.address = None
        self.process = None

    def configuration(self):
        text = page_block(self.page, self.language)
        for old, new in ((PAGE_LISTEN, self.address), (PAGE_VERIFIER, self.verifier),
                         (PAGE_APPLICATION, self.application)):
            assert old in text, (self.page, old)
            text = text.replace(old, new)
        return text

    def words(self, configuration):
        raise NotImplementedError

    def environment(self):
        return {}

    def log(self):
        return (self.home.folder / "log").read_text(encoding="utf-8", errors="replace")

    def answers(self):
        try:
            return self.process.poll() is not None or self.ask()
        except (OSError, http.client.HTTPException):
            return False

    def __enter__(self):
        for _ in range(ATTEMPTS):
            self.address = free_address()
            self.process = self.home.start(self.words(self.configuration()),
                                           **self.environment())
            wait_until(f"{self.page}'s gateway", self.answers)
            if self.process.poll() is None:
                return self
        raise AssertionError(self.log())

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def ask(self, token=None, method="GET", path="/orders", headers=(), body=None):
        pairs = list(headers)
        if token is not None:
            pairs.append(("Authorization", f"Bearer {token}"))
        return ask(self.address, method, path, pairs, body)


class Nginx(Gateway):
    page, language, unix = "nginx.md", "nginx", "unix:{}"

    def words(self, configuration):
        folders = "\n".join(f"{kind}_temp_path {self.home.folder}/{kind};" for kind in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return ["nginx", "-c", self.home.write("nginx.conf", f"""
            daemon off; worker_processes 1; pid {self.home.folder}/pid; error_log stderr;
            events {{ }}
            http {{ access_log off; {folders}
            {configuration} }}"""), "-e", "stderr", "-p", str(self.home.folder)]


class Caddy(Gateway):
    page, language, unix = "caddy.md", "caddyfile", "unix/{}"

    def words(self, configuration):
        return ["caddy", "run", "--adapter", "caddyfile", "--config", self.home.write(
            "Caddyfile", "{\n\tadmin off\n\tgrace_period 1s\n}\n" + configuration)]

    def environment(self):
        return {"HOME": str(self.home.folder)}


class Haproxy(Gateway):
    page, language, unix = "haproxy.md", "haproxy", "unix@{}"

    def words(self, configuration):
        script = self.home.copy(ROOT / "integrations/haproxy/jwkeep.lua")
        configuration = configuration.replace("/etc/haproxy/jwkeep.lua", str(script))
        assert str(script) in configuration
        return ["haproxy", "-db", "-f", self.home.write("haproxy.cfg", configuration)]


class Apache(Gateway):
    page, language, unix = "apache.md", "apache", "unix:{}"
    most_connections = THREADS = 8
    modules = ("mpm_event", "authz_core", "setenvif", "lua", "proxy", "proxy_http")

    def words(self, configuration):
        script = self.home.copy(ROOT / "integrations/apache/jwkeep.lua")
        configuration = configuration.replace("/etc/apache2/jwkeep.lua", str(script))
        assert str(script) in configuration
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                            for name in self.modules)
        return ["apache2", "-DFOREGROUND", "-f", self.home.write("apache2.conf", f"""
{modules}
ServerName localhost
ServerRoot {self.home.folder}
PidFile {self.home.folder}/pid
ErrorLog /dev/stderr
ServerLimit 1
StartServers 1
ThreadsPerChild {self.THREADS}
MaxRequestWorkers {self.THREADS}
{configuration}""")]

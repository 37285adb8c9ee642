# SPDX-License-Identifier: Apache-2.0
"""Owns a headless Chromium, driven over the WebDriver protocol (W3C) by chromedriver."""
import base64
import json
import re
import subprocess
import urllib.request

from support.program import DEADLINE_S, wait_until

# A page of loopback only: nothing else is to be looked up or fetched.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]


class Browser:
    def __init__(self, folder):
        self.log = open(folder / "chromedriver.log", "a", encoding="utf-8")
        self.start()
        port = wait_until("the port of chromedriver", self.port)
        self.url = f"http://127.0.0.1:{port}/session"
        options = {"args": [*FLAGS, f"--user-data-dir={folder / 'profile'}"],
                   "binary": "/usr/bin/chromium"}
        made = self.call("", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
        self.url += "/" + made["sessionId"]

    def start(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdin=subprocess.DEVNULL,
                                       stdout=self.log, stderr=self.log)

    def port(self):
        """It takes a port that is free for IPv6, and ends if that is not free for IPv4: after tests
        with thousands of connections few are, for a minute."""
        if self.driver.poll() is not None:
            self.start()
        with open(self.log.name, encoding="utf-8") as lines:
            found = re.search(r"started successfully on port (\d+)", lines.read())
        return found and found[1]

    def call(self, path, value=None, method="POST"):
        body = None if value is None else json.dumps(value).encode()
        asked = urllib.request.Request(self.url + path, body, method=method,
                                       headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=DEADLINE_S) as answer:
            return json.load(answer)["value"]

    def close(self):
        self.call("", method="DELETE")
        self.driver.terminate()
        self.driver.wait(DEADLINE_S)
        self.log.close()

    def open(self, url):
        self.call("/url", {"url": url})

    def ask(self, script, *arguments):
        """What `return …` in a script of the page gives."""
        return self.call("/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        return self.ask("return document.querySelector(arguments[0])?.innerText || ''", selector)

    def press(self, key):
        self.call("/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})

    def devtools(self, command, **parameters):
        return self.call("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def be_telephone(self):
        self.devtools("Emulation.setDeviceMetricsOverride", width=360, height=740,
                      deviceScaleFactor=2, mobile=True)

    def be_desk(self):
        self.devtools("Emulation.setDeviceMetricsOverride", width=1280, height=900,
                      deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme):
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, file):
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

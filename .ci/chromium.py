"""Headless Chromium over its DevTools pipe: NUL-terminated JSON on file descriptors 3 and 4, no port, no package."""
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
]
WAIT_S = 60


class Chromium:
    """One browser. `call` sends a command and returns its result; what happens meanwhile gathers in `events`."""

    def __init__(self, binary="chromium"):
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        to_read, self.out = os.pipe()
        self.inp, to_write = os.pipe()

        def give_pipes():
            # First out of the way of 3 and 4, then onto them.
            low, high = os.dup2(to_read, 13), os.dup2(to_write, 14)
            os.dup2(low, 3)
            os.dup2(high, 4)

        self.log = open(os.path.join(self.profile, "stderr.log"), "wb")
        self.process = subprocess.Popen(
            [binary, *FLAGS, f"--user-data-dir={self.profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, preexec_fn=give_pipes, pass_fds=(3, 4))
        os.close(to_read)
        os.close(to_write)
        self.ids = itertools.count(1)
        self.buffer = b""
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        os.close(self.inp)
        os.close(self.out)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, params=None, session=None):
        number = next(self.ids)
        message = {"id": number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        until = time.monotonic() + WAIT_S
        while True:
            answer = self._next(until, method)
            if answer.get("id") != number:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"chromium refuses {method}: {answer['error'].get('message')}")
            else:
                return answer["result"]

    def wait(self, method, session):
        """The first gathered or coming event of a session; earlier ones stay gathered."""
        until = time.monotonic() + WAIT_S
        seen = 0
        while True:
            for event in self.events[seen:]:
                if event.get("method") == method and event.get("sessionId") == session:
                    return event["params"]
            seen = len(self.events)
            self.events.append(self._next(until, method))

    def settle(self, seconds):
        """Gathers what happens in the next moments."""
        until = time.monotonic() + seconds
        try:
            while True:
                self.events.append(self._next(until, "nothing"))
        except TimeoutError:
            pass

    def _next(self, until, what):
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.inp], [], [], left)[0]:
                raise TimeoutError(f"chromium gave no answer to {what}")
            piece = os.read(self.inp, 1 << 20)
            if not piece:
                self.log.flush()
                with open(self.log.name, "rb") as log:
                    tail = log.read()[-2000:].decode(errors="replace")
                raise RuntimeError(f"chromium ended while it was asked for {what}: {tail}")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)


class Tab:
    """A fresh page with its own session."""

    def __init__(self, browser):
        self.browser = browser
        self.target = browser.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = browser.call("Target.attachToTarget", {"targetId": self.target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def call(self, method, **params):
        return self.browser.call(method, params, self.session)

    def open(self, url):
        error = self.call("Page.navigate", url=url).get("errorText")
        if error:
            raise RuntimeError(f"{url}: {error}")
        self.browser.wait("Page.loadEventFired", self.session)
        self.browser.settle(0.3)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"the check's own script failed: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def events(self):
        return [e for e in self.browser.events if e.get("sessionId") == self.session]

    def close(self):
        self.browser.call("Target.closeTarget", {"targetId": self.target})
        self.browser.events = [e for e in self.browser.events if e.get("sessionId") != self.session]

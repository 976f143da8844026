"""A version is live when every process that lives has loaded it: shown with processes that are stopped and killed."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from functools import partial

import pytest

from connectors.catalogue import built_in
from connectors.registration import Registration
from consent.columns import utc_now
from consent.stops.platform_gates import PlatformGates
from gateway.storage.database import create_database_engine

FIVERR = next(each for each in built_in() if each.name == "fiverr")


class Nobody:
    """No operation has asked for anything."""

    def use_of(self, platform, coordinates):
        raise AssertionError("nothing changes")


class Process:
    """`gigway serve` as a process of its own."""

    def __init__(self, environment, port):
        self.url = f"http://127.0.0.1:{port}"
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve", "--port", str(port)],
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=self._said,
        )
        self.pid = self._popen.pid

    def wait_until_ready(self):
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                ended = self._popen.wait(timeout=0.2)
                self._said.seek(0)
                raise AssertionError(f"the process has ended with {ended}: {self._said.read()[-2000:].decode()}")

    def send(self, number):
        self._popen.send_signal(number)

    def end(self):
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGCONT)
            self._popen.kill()
        self._popen.wait()
        self._said.close()


@pytest.fixture
def processes(environment, free_port):
    started = [Process(environment, free_port()) for _ in range(2)]
    try:
        for each in started:
            each.wait_until_ready()
        yield started
    finally:
        for each in started:
            each.end()


@pytest.fixture
def run(command):
    return partial(command, "connectors")


def waiting_version(environment, number):
    """Return the id of a version of Fiverr's connector that waits for its approval."""
    engine = create_database_engine(environment["GIGWAY_DATABASE_URL"])
    try:
        registration = Registration(engine, PlatformGates(), lambda *_: [], uses=Nobody(), clock=utc_now)
        taken = registration.submit(FIVERR.source.replace('version: "1.0.0"', f'version: "{number}"'), by="test")
        assert registration.record_test(taken.version_id, ok=True, report=["1 ok"], by="test") is None
        return str(taken.version_id)
    finally:
        engine.dispose()


def test_version_is_live_in_all_processes_but_for_the_dead(environment, processes, run):
    first, second = processes
    code, out, err = run("approve", waiting_version(environment, "1.1.0"))
    assert (code, out.splitlines()[-1], err) == (0, "live in all 2 processes", "")

    second.send(signal.SIGSTOP)
    code, out, err = run("approve", waiting_version(environment, "1.2.0"), "--wait", "4")
    assert code == 1
    assert err.startswith("NOT_LOADED_EVERYWHERE")
    assert re.findall(r":(\d+)", err.partition("not loaded by ")[2]) == [str(second.pid)]
    _, out, _ = run("versions", "fiverr")
    assert re.search(r"1\.2\.0 +APPROVED, loaded by 1 of 2 processes", out)

    second.end()
    _, out, _ = run("versions", "fiverr")
    assert re.search(r"1\.2\.0 +LIVE$", out, re.MULTILINE)
    assert first.pid

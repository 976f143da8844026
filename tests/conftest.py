"""For all tests: no connection leaves this machine, and under NO_SKIP=1 nothing may be skipped."""

import ipaddress
import os
import socket

import pytest

_connect = socket.socket.connect


def _loopback_only(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = address[0]
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise PermissionError(f"tests may connect to loopback only, not to {host}")
    return _connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def _no_outside():
    socket.socket.connect = _loopback_only
    yield
    socket.socket.connect = _connect


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("NO_SKIP") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped under NO_SKIP=1: {report.longrepr[-1] if report.longrepr else ''}"

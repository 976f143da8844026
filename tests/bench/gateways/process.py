"""Processes of the benchmark: started on one core, waited for, measured with their children, ended."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A running process in a group of its own."""

    def __init__(self, name, command, port, *, core, folder, environment=None):
        self.name, self.port = name, port
        self.log = Path(folder, f"{name}.log")
        output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core), *map(str, command)],
            cwd=folder,
            env=os.environ | (environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(output)

    def wait_until_it_listens(self, seconds=60):
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"{self.name} does not start; see {self.log}")

    def members(self):
        """Return the processes of the group."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = Path(entry, "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[2]) == self.process.pid:
                    yield fields

    def cpu_seconds(self):
        """Return the CPU time that the group has used."""
        return sum(int(fields[11]) + int(fields[12]) for fields in self.members()) / TICKS

    def memory_mb(self):
        """Return the resident memory of the group."""
        return sum(int(fields[21]) for fields in self.members()) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

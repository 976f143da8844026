"""The story, as `gigway demo --once` plays it: separate processes, real HTTP, every step checked."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path


def test_the_story_goes_as_told(tmp_path, free_port):
    ports = [free_port() for _ in range(3)]
    played = subprocess.run(
        [
            *(sys.executable, "-m", "gateway", "demo", "--once", "--folder", str(tmp_path / "demo")),
            *(f"--port={ports[0]}", f"--sandbox-port={ports[1]}", f"--actor-port={ports[2]}"),
        ],
        capture_output=True,
        text=True,
        timeout=90,
        env={name: value for name, value in os.environ.items() if not name.startswith("GIGWAY_")},
        check=False,
    )
    assert played.stdout.splitlines()[-1:] == ["7/7 steps ok"], played.stdout + played.stderr
    assert [line[:4] for line in played.stdout.splitlines()[:-1]] == [f"ok {number}" for number in range(1, 8)]
    assert played.returncode == 0
    logs = "".join((tmp_path / "demo" / name).read_text() for name in ("gateway.log", "sandbox.log"))
    assert "Traceback" not in logs
    assert not re.search(r"gw[acrs]_[A-Za-z0-9_-]{20}", logs), "a token, code or secret of ours is in a log"


def test_a_busy_port_is_named(tmp_path, free_port):
    import socket

    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "gateway", "demo", "--once", f"--port={port}", "--folder", str(tmp_path / "demo")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"PORT_BUSY: Something listens on 127.0.0.1:{port} already")
    assert not (tmp_path / "demo").exists()


def test_a_demo_that_loses_its_gateway_says_so(tmp_path, free_port):
    ports = [free_port() for _ in range(3)]
    demo = subprocess.Popen(
        [
            *(sys.executable, "-m", "gateway", "demo", "--folder", str(tmp_path / "demo")),
            *(f"--port={ports[0]}", f"--sandbox-port={ports[1]}", f"--actor-port={ports[2]}"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in demo.stdout:
            if line.startswith("Ctrl-C"):
                break
        children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()
        serving = [each for each in children if b"serve" in Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")]
        os.kill(int(serving[0]), signal.SIGKILL)
        _, errors = demo.communicate(timeout=30)
    finally:
        demo.kill()
    assert demo.returncode == 1
    assert errors.startswith("DEMO_BROKEN: the gateway has ended:")

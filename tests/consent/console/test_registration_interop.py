"""Registration by a client that we did not write: npm's openid-client (`../oauth/interop/register.mjs`)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "oauth" / "interop"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None or not (FOLDER / "node_modules" / "openid-client").is_dir(),
    reason="needs Node.js and `npm ci` in tests/consent/oauth/interop",
)


def test_openid_client_registers_itself(running: Any, post: Any) -> None:
    browser, organization, _ = running.register("Ada")
    path = f"/console/{organization}/clients"
    (token,) = re.findall(r"gwd_[\w-]{43}", post(browser, path, {}, to=f"{path}/registration-token").text)
    assert NODE is not None
    run = subprocess.run(
        [NODE, "register.mjs"],
        cwd=FOLDER,
        input=json.dumps({"issuer": running.issuer, "token": token}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert running.console.clients.find(organization, seen.pop("client_id")).environment == "test"
    assert seen == {"type": "bearer", "name": "Registered by openid-client"}

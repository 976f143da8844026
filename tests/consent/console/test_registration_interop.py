"""Registration by a client that we did not write: npm's openid-client (`../oauth/interop/register.mjs`)."""

from __future__ import annotations

import re
from typing import Any

from tests.javascript import INTEROP, needs_node, run_script

pytestmark = needs_node(INTEROP, "openid-client")


def test_openid_client_registers_itself(running: Any, post: Any) -> None:
    browser, organization, _ = running.register("Ada")
    path = f"/console/{organization}/clients"
    (token,) = re.findall(r"gwd_[\w-]{43}", post(browser, path, {}, to=f"{path}/registration-token").text)
    seen = run_script(INTEROP / "register.mjs", {"issuer": running.issuer, "token": token})
    assert running.console.clients.find(organization, seen.pop("client_id")).environment == "test"
    assert seen == {"type": "bearer", "name": "Registered by openid-client"}

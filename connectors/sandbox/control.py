"""The control page and its JSON twin: switches, tokens, log, state.

    GET  /control                     the page
    GET  /control/state               switches, counters, personas and their account ids
    GET  /control/log                 `?platform=&since_seq=&kind=`
    POST /control/platforms/{name}    JSON, or the page's form: any switches, and the actions
                                      `expire_tokens`, `revoke_persona`, `reset`
    POST /control/reset               every platform back in good order

A request that a browser marks as coming from another site is refused, and so is one without the control token
if one is set (as a bearer token, or once as `?token=` on the page, which then keeps it in a cookie).
"""

import hmac
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.faults import BadSwitch, FaultSwitches, changed
from connectors.sandbox.gate import PlatformGate
from connectors.sandbox.journal import Journal
from connectors.sandbox.pages import render
from connectors.sandbox.parameters import whole_number
from connectors.sandbox.settings import SandboxSettings
from connectors.sandbox.world import World

__all__ = ["ControlDesk"]

_COOKIE = "sandbox_control"
_PAGE_LOG_LINES = 200


class ControlDesk:
    """Serves the control page and its JSON twin."""

    def __init__(
        self, settings: SandboxSettings, world: World, journal: Journal, gates: Sequence[PlatformGate]
    ) -> None:
        self._settings = settings
        self._world = world
        self._journal = journal
        self._gates = {gate.platform.name: gate for gate in gates}

    def routes(self) -> list[Route]:
        """Return the routes under `/control`."""
        return [
            Route("/control", self._page),
            Route("/control/state", self._state),
            Route("/control/log", self._log),
            Route("/control/reset", self._reset, methods=["POST"]),
            Route("/control/platforms/{name}", self._change, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        expected = self._settings.control_token
        offered = request.query_params.get("token")
        if expected is not None and offered is not None and _equal(offered, expected):
            response: Response = RedirectResponse("/control", status_code=303)
            response.set_cookie(_COOKIE, expected, httponly=True, samesite="strict", path="/control")
            return response
        refused = self._refusal(request)
        if refused is not None:
            return refused
        shown = request.query_params.get("platform") or None
        log = self._journal.since(platform=shown)[-_PAGE_LOG_LINES:]
        return render(
            "control.html",
            platforms=[self._describe(gate) for gate in self._gates.values()],
            log=[call.to_json() for call in reversed(log)],
            shown=shown,
            seed=self._settings.seed,
            started=self._world.started.isoformat(timespec="seconds"),
            last_seq=self._journal.last_seq,
        )

    async def _state(self, request: Request) -> Response:
        refused = self._refusal(request)
        if refused is not None:
            return refused
        return JSONAnswer(
            {
                "seed": self._settings.seed,
                "started": self._world.started.isoformat(),
                "now": self._world.clock().isoformat(),
                "last_seq": self._journal.last_seq,
                "platforms": {name: self._describe(gate) for name, gate in self._gates.items()},
            }
        )

    async def _log(self, request: Request) -> Response:
        refused = self._refusal(request)
        if refused is not None:
            return refused
        query = request.query_params
        since = whole_number(query.get("since_seq") or "0")
        platform = query.get("platform") or None
        kind = query.get("kind") or None
        if since is None:
            return _bad(BadSwitch(field="since_seq", message="must be a whole number"))
        if platform is not None and platform not in self._gates:
            return _bad(BadSwitch(field="platform", message="is not simulated here"))
        calls = self._journal.since(since, platform)
        return JSONAnswer(
            {
                "last_seq": self._journal.last_seq,
                "entries": [call.to_json() for call in calls if kind is None or call.kind == kind],
            }
        )

    async def _reset(self, request: Request) -> Response:
        refused = self._refusal(request)
        if refused is not None:
            return refused
        for gate in self._gates.values():
            _reset(gate)
        return _done(request, {"platforms": sorted(self._gates)}, "/control")

    async def _change(self, request: Request) -> Response:
        refused = self._refusal(request)
        if refused is not None:
            return refused
        gate = self._gates.get(request.path_params["name"])
        if gate is None:
            return _bad(BadSwitch(field="name", message="is not simulated here"), status=404)
        change = await _read_change(request)
        if isinstance(change, BadSwitch):
            return _bad(change)
        problem = _apply(gate, change)
        if problem is not None:
            return _bad(problem)
        return _done(request, self._describe(gate), f"/control#{gate.platform.name}")

    def _describe(self, gate: PlatformGate) -> dict[str, Any]:
        platform = gate.platform
        return {
            "name": platform.name,
            "title": platform.title,
            "summary": platform.summary,
            "fidelity": platform.fidelity,
            "switches": gate.switches.to_json(),
            "has_faults": replace(gate.switches, on=True) != FaultSwitches(),
            "counters": self._journal.counters(platform.name),
            "connected": platform.desk.live_logins() if platform.desk is not None else [],
            "has_tokens": platform.desk is not None,
            "personas": [
                {
                    "login": account.login,
                    "name": account.persona.name,
                    "note": account.note,
                    "ids": dict(platform.account_ids.get(account.login, {})),
                }
                for account in platform.accounts
            ],
        }

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"} and request.method != "GET":
            return _error("CROSS_SITE", "This request comes from another site.", 403)
        expected = self._settings.control_token
        if expected is None:
            return None
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        offered = bearer if scheme.lower() == "bearer" else request.cookies.get(_COOKIE, "")
        return None if _equal(offered, expected) else _error("CONTROL_TOKEN", "The control token is needed.", 401)


def _done(request: Request, state: dict[str, Any], page: str) -> Response:
    return RedirectResponse(page, status_code=303) if _is_form(request) else JSONAnswer(state)


def _apply(gate: PlatformGate, change: dict[str, object]) -> BadSwitch | None:
    actions = {"expire_tokens", "revoke_persona", "reset"} & change.keys()
    desk = gate.platform.desk
    login = change.get("revoke_persona")
    for action in actions - {"revoke_persona"}:
        if change[action] is not True:
            return BadSwitch(field=action, message="must be true")
    if actions & {"expire_tokens", "revoke_persona"} and desk is None:
        return BadSwitch(field=min(actions), message="this platform issues no tokens")
    if "revoke_persona" in actions and login not in [item.login for item in gate.platform.accounts]:
        return BadSwitch(field="revoke_persona", message="has no account here")
    start = FaultSwitches() if "reset" in actions else gate.switches
    switches = changed(start, {name: value for name, value in change.items() if name not in actions})
    if isinstance(switches, BadSwitch):
        return switches
    if "reset" in actions:
        _reset(gate)
    gate.switch(switches)
    if desk is not None and "expire_tokens" in actions:
        desk.expire_all()
    if desk is not None and isinstance(login, str):
        desk.revoke_persona(login)
    return None


def _reset(gate: PlatformGate) -> None:
    gate.switch(FaultSwitches())
    gate.meter.reset()


async def _read_change(request: Request) -> dict[str, object] | BadSwitch:
    if _is_form(request):
        return _from_form(await request.form())
    try:
        document = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        return BadSwitch(field="body", message=f"is not JSON: {error}")
    return document if isinstance(document, dict) else BadSwitch(field="body", message="must be an object")


def _from_form(form: FormData) -> dict[str, object] | BadSwitch:
    """Read the page's forms: the switches' form (`switches=1`) sends all switches, the others one action."""
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    change: dict[str, object] = {}
    if fields.get("expire_tokens"):
        change["expire_tokens"] = True
    if fields.get("reset"):
        change["reset"] = True
    if fields.get("revoke_persona"):
        change["revoke_persona"] = fields["revoke_persona"]
    if fields.get("power"):
        change["on"] = fields["power"] == "on"
    if not fields.get("switches"):
        return change
    for name in ("throttle", "stuck", "malformed", "cut_body"):
        change[name] = name in fields
    try:
        change["latency_ms"] = int(fields.get("latency_ms") or 0)
        change["huge_body_mib"] = int(fields.get("huge_body_mib") or 0)
        change["error_rate"] = float(fields.get("error_rate") or 0)
        change["quota"] = int(fields["quota"]) if fields.get("quota") else None
    except ValueError as error:
        return BadSwitch(field="switches", message=str(error))
    change["retype"] = fields.get("retype", "").replace(",", " ").split()
    change["redirect_to"] = fields.get("redirect_to", "").strip() or None
    pairs = [pair.partition("=") for pair in fields.get("drift", "").replace(",", " ").split()]
    change["drift"] = {old: new for old, _, new in pairs}
    return change


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    )


def _equal(offered: str, expected: str) -> bool:
    return hmac.compare_digest(offered.encode(), expected.encode())


def _bad(problem: BadSwitch, *, status: int = 400) -> Response:
    return _error("BAD_SWITCH", f"{problem.field} {problem.message}", status)


def _error(code: str, message: str, status: int) -> Response:
    return JSONAnswer({"error": {"code": code, "message": message}}, status_code=status)

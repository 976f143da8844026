"""Fault switches: how a platform misbehaves, set from the control page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

__all__ = ["BadSwitch", "FaultSwitches", "changed"]

_MAX_LATENCY_MS = 120_000
_MAX_HUGE_MIB = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSwitches:
    """The state of a platform's switches; the default is a platform in good order.

    `on`             off: every request, sign-in included, is answered 503 with an empty body at once
    `latency_ms`     added before every answer
    `error_rate`     share of API and token requests that fail with the platform's server error, 0 to 1, seeded
    `throttle`       every API request is over the rate limit
    `quota`          requests per window instead of the platform's own limit
    `drift`          fields renamed, old name to new
    `retype`         fields whose values change type: a number to text, text to a list
    `stuck`          every API path goes on answering as it did first, whatever page is asked for
    `redirect_to`    API requests are redirected (302) to this address
    `malformed`      API bodies are cut, so that they no longer parse; their length is announced correctly
    `cut_body`       the connection closes in the middle of API bodies
    `huge_body_mib`  API bodies grow to this size, without announced length
    """

    on: bool = True
    latency_ms: int = 0
    error_rate: float = 0.0
    throttle: bool = False
    quota: int | None = None
    drift: Mapping[str, str] = field(default_factory=dict)
    retype: tuple[str, ...] = ()
    stuck: bool = False
    redirect_to: str | None = None
    malformed: bool = False
    cut_body: bool = False
    huge_body_mib: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the switches as a JSON object."""
        state = {item.name: getattr(self, item.name) for item in fields(self)}
        return state | {"drift": dict(self.drift), "retype": list(self.retype)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadSwitch:
    """A change that was refused: which switch, and why."""

    field: str
    message: str


def changed(switches: FaultSwitches, change: Mapping[str, object]) -> FaultSwitches | BadSwitch:
    """Return the switches with a change applied, or what is wrong with it; unknown names are refused."""
    values: dict[str, Any] = {}
    for name, value in change.items():
        checked = _checked(name, value)
        if isinstance(checked, BadSwitch):
            return checked
        values[name] = checked
    return replace(switches, **values)


def _checked(name: str, value: object) -> object:
    match name:
        case "on" | "throttle" | "stuck" | "malformed" | "cut_body":
            return value if isinstance(value, bool) else BadSwitch(field=name, message="must be true or false")
        case "latency_ms":
            return _whole_number(name, value, _MAX_LATENCY_MS)
        case "huge_body_mib":
            return _whole_number(name, value, _MAX_HUGE_MIB)
        case "quota":
            return None if value is None else _whole_number(name, value, 1_000_000)
        case "error_rate":
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if is_number and isinstance(value, int | float) and 0 <= value <= 1:
                return float(value)
            return BadSwitch(field=name, message="must be a number from 0 to 1")
        case "drift":
            return _renames(value)
        case "retype":
            return _names(value)
        case "redirect_to":
            return _address(value)
        case _:
            return BadSwitch(field=name, message="is no switch")


def _whole_number(name: str, value: object, most: int) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    return BadSwitch(field=name, message=f"must be a whole number from 0 to {most}")


def _renames(value: object) -> object:
    if not isinstance(value, dict):
        return BadSwitch(field="drift", message="must be an object of old names to new names")
    for old, new in value.items():
        if not (isinstance(old, str) and isinstance(new, str) and old.isidentifier() and new.isidentifier()):
            return BadSwitch(field="drift", message=f"{json.dumps({old: new}, default=str)} is no pair of field names")
    return dict(value)


def _names(value: object) -> object:
    if not isinstance(value, list) or not all(isinstance(name, str) and name.isidentifier() for name in value):
        return BadSwitch(field="retype", message="must be a list of field names")
    return tuple(value)


def _address(value: object) -> object:
    if value is None:
        return None
    is_plain = isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value
    if not is_plain or not str(value).startswith(("http://", "https://")):
        return BadSwitch(field="redirect_to", message="must be an http or https address")
    return value

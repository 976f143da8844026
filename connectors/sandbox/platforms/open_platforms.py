"""A platform that implements the Open Platforms contract (JobTech, 2020): one endpoint, called by the gateway.

    POST /api/ExportData   {"PlatformToken", "UserEmail", "RequestId"}
    GET  /api/ExportData   the same as headers, which only the contract's own mock platform answers

The token is the platform's, in the body; who the worker is follows from a verified e-mail address. No paging, no
selection, no signature.

Documented: the request, the response of interactions and achievements, 404 for an unknown worker, the lenient
readings that real platforms make necessary, all of which the personas' records contain: `score` null, a score that is
text, an unknown achievement type, decimal hours, an outcome without ratings, an interaction without client, a
thumbs-up rating from 0 to 1, a start that is missing.
Chosen here: 401 for a wrong token (the contract recommends it), 400 for a body that is none.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.authorization import client_secret
from connectors.sandbox.envelopes import WordedEnvelope
from connectors.sandbox.journal import CallNotes
from connectors.sandbox.people import ALEX, DARIO, MIKA, NIA, SandboxAccount
from connectors.sandbox.platform import Platform
from connectors.sandbox.world import World

__all__ = ["PLATFORM_TOKEN", "build"]

Json = dict[str, Any]

PLATFORM_TOKEN = client_secret("open_platforms")
"""The platform's token in the sandbox, the same for every worker."""

_WORK = (
    ("Web design", "Page for a choir", "Design and build a page", 250),
    ("Home-Gardening", "Hedge", "Trim a hedge", 1200),
    ("Delivery", "Parcels", "Deliver parcels by bicycle", 640),
)
_INTERACTIONS: Mapping[str, int] = {ALEX.login: 14, MIKA.login: 40, NIA.login: 0}

_ACCOUNTS = (
    SandboxAccount(persona=ALEX, note="Fourteen interactions, four achievements, with all that is lenient"),
    SandboxAccount(persona=MIKA, note="Forty interactions"),
    SandboxAccount(persona=NIA, note="Known, nothing done yet"),
    SandboxAccount(persona=DARIO, note="Deleted: answered 404"),
)


class _Api:
    def __init__(self, world: World) -> None:
        self._world = world

    async def export(self, request: Request) -> Response:
        if request.method == "GET":
            token, email, request_id = (
                request.headers.get(name, "") for name in ("platformToken", "userEmail", "requestId")
            )
        else:
            try:
                body = orjson.loads(await request.body())
                token, email, request_id = body["PlatformToken"], body["UserEmail"], body["RequestId"]
                if not all(isinstance(value, str) for value in (token, email, request_id)):
                    raise TypeError
            except (orjson.JSONDecodeError, KeyError, TypeError):
                return _message(400, "PlatformToken, UserEmail and RequestId are needed.")
        if token != PLATFORM_TOKEN:
            return _message(401, "The platform token is wrong.")
        if email not in _INTERACTIONS:
            return _message(404, "Unable to find that user.")
        notes: CallNotes = request.scope["sandbox.notes"]
        notes.persona = email
        return JSONAnswer(
            {
                "id": self._world.uuid("open_platforms", email),
                "requestId": request_id,
                "userEmail": email,
                "interactions": [_interaction(self._world, email, n) for n in range(_INTERACTIONS[email])],
                "achievements": _achievements(self._world, email) if _INTERACTIONS[email] else None,
            }
        )


def _envelope() -> WordedEnvelope:
    """`{"message": "..."}`, as the contract's mock platform answers."""
    return WordedEnvelope(
        answer=_message,
        over_limit=(429, "Too many requests."),
        failure=(500, "Something went wrong."),
        nowhere=(404, "Not found."),
        hints=False,
    )


def build(world: World) -> Platform:
    """Return the platform."""
    return Platform(
        name="open_platforms",
        title="Open Platforms",
        summary="Any platform with the Open Platforms contract: one POST, token in the body, e-mail as identity.",
        fidelity="DOCUMENTED",
        accounts=_ACCOUNTS,
        routes=[Route("/api/ExportData", _Api(world).export, methods=["GET", "POST"])],
        envelope=_envelope(),
    )


def _interaction(world: World, email: str, number: int) -> Json:
    draw = world.random("open_platforms", email, number)
    kind, title, description, pay = _WORK[number % len(_WORK)]
    hours = draw.choice((2, 3, 4, 1.5))
    at = world.days_ago(20 * number + draw.uniform(3, 15))
    start = at.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    end = at.replace(hour=23).strftime("%Y-%m-%dT%H:%M:%SZ")
    rated = number % 5 != 3
    thumbs = number % 7 == 5
    outcome: Json = {"success": None if number % 6 == 4 else draw.random() < 0.95}
    if thumbs:
        outcome["ratings"] = [{"name": "Recommended", "value": 1, "min": 0, "max": 1}]
    elif rated:
        outcome["ratings"] = [
            {"name": name, "value": draw.choice((3.5, 4, 4.5, 5)), "min": 1, "max": 5}
            for name in ("Quality", "Communication")
        ]
        outcome["review"] = {"title": "Thank you", "text": "On time and careful."} if number % 2 else None
    return {
        "id": str(draw.randrange(10**6, 10**7)),
        "period": {"start": None if number % 8 == 6 else start, "end": end},
        "client": None
        if number % 9 == 7
        else {"id": f"c{number // 2}", "name": f"Client {number // 2}", "photoUri": ""},
        "type": kind,
        "outcome": outcome,
        "additionalData": {
            "location": "Visby/Gotland/Sweden" if number % 2 else "Sweden",
            "title": title,
            "description": description,
            "images": [],
            "noOfHours": hours,
            "income": {"amount": pay * hours / 2, "currency": "SEK"},
        },
    }


def _achievements(world: World, email: str) -> list[Json]:
    day = world.days_ago(300).strftime("%Y-%m-%dT%H:%M:%S")

    def achievement(number: int, kind: str, name: str, score: Json | None) -> Json:
        return {
            "id": str(world.random("open_platforms", email, "achievement", number).randrange(10**6, 10**7)),
            "timeStamp": f"{day}{'+02:00' if number % 2 else 'Z'}",
            "type": kind,
            "name": name,
            "description": f"{name}.",
            "score": score,
            "badgeIconUri": "",
        }

    return [
        achievement(0, "Badge", "Top Talent", {"value": 90, "label": "percent"}),
        achievement(1, "Badge", "Ten jobs done", None),
        achievement(2, "QualificationAssessment", "Web accessibility", {"value": "A", "label": "grade"}),
        achievement(3, "Membership", "Guild member", None),
    ]


def _message(status: int, message: str) -> Response:
    return JSONAnswer({"message": message}, status_code=status)

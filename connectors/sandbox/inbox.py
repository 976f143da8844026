"""What the personas get sent: mail from Gigway, and messages of the simulated platforms.

    POST /inbox        `{"to", "subject", "text"}`, as a mail server would take it over
    GET  /inbox        the page; `?to=` shows one persona's
    GET  /inbox.json   the same as JSON

Kept in memory, newest first, and bounded.
"""

from collections import deque
from dataclasses import asdict, dataclass

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.pages import render

__all__ = ["Inbox", "Message", "inbox_routes"]

_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; `to` is a persona's login, `via` what carried it."""

    to: str
    via: str
    subject: str
    text: str


class Inbox:
    """All personas' messages."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque(maxlen=_MOST)

    def put(self, message: Message) -> None:
        """Deliver a message."""
        self._messages.appendleft(message)

    def messages(self, to: str | None = None) -> list[Message]:
        """Return messages, newest first, of all personas or of one."""
        return [message for message in self._messages if to is None or message.to == to]


def inbox_routes(inbox: Inbox) -> list[Route]:
    """Return the routes."""

    async def take(request: Request) -> Response:
        try:
            body = orjson.loads(await request.body())
            to, subject, text = (str(body[name]) for name in ("to", "subject", "text"))
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return JSONAnswer({"error": {"code": "BAD_MAIL", "message": "to, subject and text are needed"}}, 400)
        inbox.put(Message(to=to, via="mail", subject=subject, text=text))
        return JSONAnswer({}, status_code=202)

    async def page(request: Request) -> Response:
        to = request.query_params.get("to") or None
        return render("inbox.html", messages=inbox.messages(to), shown=to)

    async def listing(request: Request) -> Response:
        found = inbox.messages(request.query_params.get("to") or None)
        return JSONAnswer({"messages": [asdict(message) for message in found]})

    return [
        Route("/inbox", take, methods=["POST"]),
        Route("/inbox", page),
        Route("/inbox.json", listing),
    ]

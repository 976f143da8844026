"""Whose access token a request carries."""

from starlette.requests import Request

from connectors.sandbox.journal import CallNotes
from connectors.sandbox.tokens import Refusal, Session, TokenDesk

__all__ = ["bearer_session"]


def bearer_session(
    request: Request, desk: TokenDesk, *, header: str = "authorization", scheme: str | None = "bearer"
) -> Session | Refusal:
    """Return the session of the token in a header, and note its persona in the request log.

    A platform with a header of its own has no scheme before the token.
    """
    value = request.headers.get(header, "")
    named, _, token = value.partition(" ") if scheme is not None else (None, "", value)
    session = desk.check(token if named is None or named.lower() == scheme else None)
    if isinstance(session, Session):
        notes: CallNotes = request.scope["sandbox.notes"]
        notes.persona = session.login
    return session

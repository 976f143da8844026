"""Client authentication by `private_key_jwt` (RFC 7523 §2.2, as FAPI 2.0 narrows it).

The audience is the issuer, as a string: an assertion made for another server, or for one of our endpoints by a
confused client, is refused. Each `jti` counts once, in all processes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749.errors import InvalidClientError
from joserfc.jwk import Key

from consent.oauth.clients import RegisteredClient
from consent.oauth.replay import use_once
from consent.oauth.signed_jwt import SignedJwt, number_of, read_jwt, read_public_key

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
METHOD: Final = "private_key_jwt"
FUTURE_LEEWAY: Final = timedelta(seconds=10)
"""How far a client's clock may be ahead (FAPI 2.0 §5.3.2.1: up to 10 s are accepted, more than 60 s refused)."""

MAX_LIFETIME: Final = timedelta(hours=1)
_MAX_JTI: Final = 256


def authenticate_by_assertion(
    query_client: Callable[[str], RegisteredClient | None], request: Any
) -> RegisteredClient | None:
    """Return the client that signed the request's assertion; None when there is none. Authlib's method signature.

    Raises Authlib's `InvalidClientError`.
    """
    form = request.form
    if "client_assertion" not in form:
        return None
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise _refused("client_assertion_type is not supported.")
    jwt = read_jwt(form["client_assertion"])
    if jwt is None:
        raise _refused("The assertion is no JWT that is signed with ES256, PS256 or Ed25519.")
    subject = jwt.claims.get("sub")
    client = query_client(subject) if isinstance(subject, str) else None
    if client is None or jwt.claims.get("iss") != subject or form.get("client_id", subject) != subject:
        raise _refused("The assertion is not by and about the client.")
    key = _pick_key(client, jwt)
    if key is None or not jwt.is_signed_by(key):
        raise _refused("The assertion is not signed by a registered key.")
    expiry = _check_claims(jwt.claims, request.server.settings.issuer, request.now)
    jti = jwt.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _MAX_JTI:
        raise _refused("The assertion has no jti.")
    if not use_once(request.server.connection, "assertion", client.client_id, jti, until=expiry):
        raise _refused("The assertion was used before.")
    return client


def _check_claims(claims: Mapping[str, Any], issuer: str, now: datetime) -> datetime:
    if claims.get("aud") != issuer:
        raise _refused("The assertion must be for the issuer and nothing else.")
    expires, at = number_of(claims, "exp"), now.timestamp()
    if expires is None or expires <= at or expires > at + MAX_LIFETIME.total_seconds():
        raise _refused("The assertion is expired, never expires, or does so too late.")
    for name in ("iat", "nbf"):
        value = number_of(claims, name)
        if name in claims and (value is None or value > at + FUTURE_LEEWAY.total_seconds()):
            raise _refused("The assertion is from the future.")
    return datetime.fromtimestamp(expires, UTC)


def _pick_key(client: RegisteredClient, jwt: SignedJwt) -> Key | None:
    kid = jwt.header.get("kid")
    keys = [key for key in client.keys if kid is None or key.get("kid") == kid]
    return read_public_key(dict(keys[0])) if len(keys) == 1 else None


def _refused(description: str) -> Exception:
    error: Exception = InvalidClientError(description=description, status_code=401)
    return error

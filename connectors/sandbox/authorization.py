"""A simulated platform's authorization server: authorize, sign in as a persona, token, revoke.

    GET  authorize   the sign-in page, a list of personas
    POST authorize   `persona=<login>` → redirect with code; `deny=1` → redirect with access_denied
    POST token       authorization_code | refresh_token | client_credentials, as the platform allows
    POST revoke      RFC 7009

Both authorize requests take the same query, so that a script can post a persona without reading the page.
Redirect addresses must be on a loopback host (RFC 8252 §7.3), whatever their port.
"""

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlencode, urlsplit

from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.journal import CallNotes
from connectors.sandbox.pages import render
from connectors.sandbox.people import SandboxAccount
from connectors.sandbox.tokens import (
    CodeRequest,
    IssuedTokens,
    TokenDesk,
    TokenRefused,
    scope_text,
    scopes_of,
)

__all__ = ["CLIENT_ID", "AuthorizationServer", "ClientRegistration", "OAuthProfile", "client_secret"]

CLIENT_ID = "gigway-sandbox"
"""The client that is registered at every simulated platform."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_WRONG_CLIENT = TokenRefused(error="invalid_client", description="Client id or secret is wrong.")

GrantType = Literal["authorization_code", "refresh_token", "client_credentials"]


def client_secret(platform: str) -> str:
    """Return the secret of the sandbox registrations at a platform."""
    return f"sandbox-secret-{platform}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRegistration:
    """An OAuth client registered at a platform; `scopes` None means all that the platform has."""

    client_id: str
    client_secret: str
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthProfile:
    """How a platform does OAuth.

    `scope_rule` "fixed": the scopes stand on the client's registration and the parameter is refused.
    `refresh_scope`: a refresh token is issued only when this scope was asked for.
    `client_login`: for client credentials, whose data the client's own token stands for.
    `answers_form`: token answers are form-encoded unless JSON is asked for, and errors come with HTTP 200.
    `extra_parameters` are authorize parameters that the platform wants besides OAuth's.
    """

    authorize_path: str | None
    token_path: str
    revoke_path: str | None = None
    scopes: frozenset[str]
    default_scopes: frozenset[str] = frozenset()
    scope_rule: Literal["requested", "fixed"] = "requested"
    scope_in_response: bool = True
    refresh_scope: str | None = None
    grants: frozenset[GrantType] = frozenset({"authorization_code", "refresh_token"})
    pkce: bool = True
    client_login: str | None = None
    answers_form: bool = False
    extra_parameters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A valid authorization request."""

    client: ClientRegistration
    redirect_uri: str
    state: str | None
    scopes: frozenset[str]
    code_challenge: str | None

    def back(self, **parameters: str) -> Response:
        pairs = parameters if self.state is None else parameters | {"state": self.state}
        separator = "&" if urlsplit(self.redirect_uri).query else "?"
        return RedirectResponse(self.redirect_uri + separator + urlencode(pairs), status_code=302)


class AuthorizationServer:
    """The OAuth endpoints of one platform."""

    def __init__(
        self,
        *,
        platform: str,
        title: str,
        profile: OAuthProfile,
        desk: TokenDesk,
        accounts: Sequence[SandboxAccount],
        clients: Sequence[ClientRegistration] = (),
    ) -> None:
        self.profile = profile
        self._platform = platform
        self._title = title
        self._desk = desk
        self._accounts = {account.login: account for account in accounts}
        usual = ClientRegistration(client_id=CLIENT_ID, client_secret=client_secret(platform))
        self._clients = {client.client_id: client for client in (usual, *clients)}

    @property
    def paths(self) -> frozenset[str]:
        """The paths of the endpoints."""
        profile = self.profile
        return frozenset(path for path in (profile.authorize_path, profile.token_path, profile.revoke_path) if path)

    def routes(self) -> list[Route]:
        """Return the routes of the endpoints."""
        profile = self.profile
        routes = [Route(profile.token_path, self._token, methods=["POST"])]
        if profile.authorize_path is not None:
            routes.append(Route(profile.authorize_path, self._authorize, methods=["GET", "POST"]))
        if profile.revoke_path is not None:
            routes.append(Route(profile.revoke_path, self._revoke, methods=["POST"]))
        return routes

    async def _authorize(self, request: Request) -> Response:
        asked = self._read(request.query_params)
        if isinstance(asked, Response):
            return asked
        if request.method == "GET":
            return self._sign_in_page(asked)
        form = await request.form()
        if form.get("deny"):
            return asked.back(error="access_denied", error_description="The worker said no.")
        login = form.get("persona")
        if not isinstance(login, str) or login not in self._accounts:
            return self._problem(f"There is no such persona at the simulated {self._title}.")
        notes: CallNotes = request.scope["sandbox.notes"]
        notes.persona = login
        refresh_scope = self.profile.refresh_scope
        code = self._desk.code(
            CodeRequest(
                client_id=asked.client.client_id,
                login=login,
                scopes=asked.scopes,
                redirect_uri=asked.redirect_uri,
                code_challenge=asked.code_challenge,
                with_refresh="refresh_token" in self.profile.grants
                and (refresh_scope is None or refresh_scope in asked.scopes),
            )
        )
        return asked.back(code=code)

    def _read(self, query: QueryParams) -> _Asked | Response:
        client = self._clients.get(query.get("client_id", ""))
        if client is None:
            return self._problem("The client_id is not registered here.")
        redirect_uri = query.get("redirect_uri", "")
        if not _is_loopback(redirect_uri):
            return self._problem("The redirect_uri is not registered: it must be http on a loopback host.")
        scopes = self._scopes(client, query)
        method = query.get("code_challenge_method")
        challenge = query.get("code_challenge") if self.profile.pkce else None
        asked = _Asked(
            client=client,
            redirect_uri=redirect_uri,
            state=query.get("state"),
            scopes=frozenset() if isinstance(scopes, str) else scopes,
            code_challenge=challenge,
        )
        if query.get("response_type") != "code":
            return asked.back(error="unsupported_response_type")
        if isinstance(scopes, str):
            return asked.back(error="invalid_scope", error_description=scopes)
        if challenge is not None and method != "S256":
            return asked.back(error="invalid_request", error_description="Only S256 code challenges.")
        missing = sorted(name for name in self.profile.extra_parameters if not query.get(name))
        if missing:
            return asked.back(error="invalid_request", error_description=f"Missing {', '.join(missing)}.")
        return asked

    def _scopes(self, client: ClientRegistration, query: QueryParams) -> frozenset[str] | str:
        allowed = self.profile.scopes if client.scopes is None else client.scopes
        asked = scopes_of(query.get("scope", ""))
        if self.profile.scope_rule == "fixed":
            return "Scopes are set on the key, not asked for." if "scope" in query else allowed
        unknown = asked - allowed
        if unknown:
            return f"Unknown or not allowed: {scope_text(unknown)}."
        return asked or self.profile.default_scopes

    def _sign_in_page(self, asked: _Asked) -> Response:
        target = urlsplit(asked.redirect_uri)
        return render(
            "sign_in.html",
            form_targets=f"{target.scheme}://{target.netloc}",
            platform=self._platform,
            title=self._title,
            accounts=list(self._accounts.values()),
            scopes=sorted(asked.scopes),
            client_id=asked.client.client_id,
        )

    def _problem(self, message: str) -> Response:
        return render("problem.html", status=400, title=self._title, message=message)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        client = self._authenticated(request, form)
        if client is None:
            return self._refuse(
                request, TokenRefused(error="invalid_client", description="Client id or secret is wrong.")
            )
        grant_type = _text(form, "grant_type")
        if grant_type not in self.profile.grants:
            known = grant_type in {"authorization_code", "refresh_token", "client_credentials"}
            error = "unauthorized_client" if known else "unsupported_grant_type"
            return self._refuse(request, TokenRefused(error=error, description=f"Not offered here: {grant_type!r}."))
        outcome = self._issue(grant_type, client, form)
        if isinstance(outcome, TokenRefused):
            return self._refuse(request, outcome)
        session = self._desk.check(outcome.access_token)
        notes: CallNotes = request.scope["sandbox.notes"]
        notes.persona = None if isinstance(session, str) else session.login
        notes.operation = grant_type
        body: dict[str, object] = {
            "access_token": outcome.access_token,
            "token_type": "Bearer",
        }
        if outcome.expires_in is not None:
            body["expires_in"] = outcome.expires_in
        if outcome.refresh_token is not None:
            body["refresh_token"] = outcome.refresh_token
        if self.profile.scope_in_response:
            body["scope"] = scope_text(outcome.scopes)
        return self._token_answer(request, body, 200)

    def _refuse(self, request: Request, refused: TokenRefused) -> Response:
        status = 401 if refused.error == "invalid_client" else 400
        return self._token_answer(request, {"error": refused.error, "error_description": refused.description}, status)

    def _token_answer(self, request: Request, body: dict[str, object], status: int) -> Response:
        headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Basic"} if status == 401 else {})
        if not self.profile.answers_form:
            return JSONAnswer(body, status_code=status, headers=headers)
        if "json" in request.headers.get("accept", ""):
            return JSONAnswer(body, headers={"Cache-Control": "no-store"})
        return Response(
            urlencode(body), media_type="application/x-www-form-urlencoded", headers={"Cache-Control": "no-store"}
        )

    def _issue(self, grant_type: str, client: ClientRegistration, form: FormData) -> IssuedTokens | TokenRefused:
        match grant_type:
            case "authorization_code":
                return self._desk.redeem(
                    _text(form, "code"),
                    client_id=client.client_id,
                    redirect_uri=_text(form, "redirect_uri"),
                    verifier=_text(form, "code_verifier") or None if self.profile.pkce else None,
                )
            case "refresh_token":
                return self._desk.refresh(_text(form, "refresh_token"), client_id=client.client_id)
            case _:
                allowed = self.profile.scopes if client.scopes is None else client.scopes
                asked = scopes_of(_text(form, "scope")) or self.profile.default_scopes
                if not asked <= allowed:
                    return TokenRefused(error="invalid_scope", description=scope_text(asked - allowed))
                return self._desk.grant(
                    CodeRequest(
                        client_id=client.client_id,
                        login=self.profile.client_login,
                        scopes=asked,
                        with_refresh=False,
                    )
                )

    async def _revoke(self, request: Request) -> Response:
        form = await request.form()
        if self._authenticated(request, form) is None:
            return self._refuse(
                request, TokenRefused(error="invalid_client", description="Client id or secret is wrong.")
            )
        self._desk.revoke(_text(form, "token"))
        return Response(status_code=200)

    def _authenticated(self, request: Request, form: FormData) -> ClientRegistration | None:
        client_id, secret = _basic(request) or (_text(form, "client_id"), _text(form, "client_secret"))
        client = self._clients.get(client_id)
        if client is None or not hmac.compare_digest(client.client_secret.encode(), secret.encode()):
            return None
        return client


def _is_loopback(redirect_uri: str) -> bool:
    try:
        target = urlsplit(redirect_uri)
        return (
            target.scheme in {"http", "https"}
            and target.hostname in _LOOPBACK
            and target.username is None
            and not target.fragment
            and target.port != 0
        )
    except ValueError:
        return False


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return unquote(client_id), unquote(secret)

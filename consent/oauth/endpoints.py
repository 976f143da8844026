"""The authorization server over HTTP: routes that read a request strictly, answer in a thread, and never leak.

    /oauth/authorize      GET   validate, keep, send the browser on to the consent page
    /oauth/par            POST  the same ahead of time, by the client itself (RFC 9126)
    /oauth/token          POST  code, refresh token, client credentials
    /oauth/revoke         POST  RFC 7009
    /oauth/introspect     POST  RFC 7662
    /oauth/grants/<id>    GET, DELETE   Grant Management for OAuth 2.0
    /.well-known/…        GET   RFC 8414, RFC 9728

Errors are OAuth's own codes. What goes wrong inside is `server_error`, with nothing of it told outside.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from consent.oauth.access import AccessTokens
from consent.oauth.authorization import Authorizations, CannotReturn, Pending, SendBack
from consent.oauth.clients import authentication_problem
from consent.oauth.code_flow import CodeFlow, GrantWriter
from consent.oauth.dpop import Nonces, Presented, ProofRefused, Proven, check_proof
from consent.oauth.grant_management import GrantManagement, ManagedGrants
from consent.oauth.metadata import resource_metadata, server_metadata
from consent.oauth.parameters import MAX_BYTES, ParameterRefusal, Parameters, parse_parameters
from consent.oauth.pkce import RequiredS256
from consent.oauth.pushed import push_request
from consent.oauth.server import NO_STORE, ConsentServer, FormRequest, OAuthResponse, error_response
from consent.oauth.settings import OAuthSettings
from consent.oauth.token_endpoints import IntrospectToken, RevokeToken
from consent.oauth.token_grants import ActorCredentials, RotateRefreshToken

_log = logging.getLogger(__name__)

_FORM: Final = "application/x-www-form-urlencoded"


class ErrorPage(Protocol):
    """Shows a worker an error that must not be sent to any redirect URI."""

    def __call__(self, request: Request, description: str, status: int, /) -> Response:
        """Return the page."""
        ...


class Grants(GrantWriter, ManagedGrants, Protocol):
    """What the routes need of `consent.grants.lifecycle.GrantService`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthServices:
    """What the routes need. `consent_path` maps a request's handle to the page that asks the worker."""

    engine: Engine
    settings: OAuthSettings
    grants: Grants
    error_page: ErrorPage
    consent_path: Callable[[str], str]


def routes(services: OAuthServices) -> list[BaseRoute]:
    """Return the authorization server's routes."""
    endpoints = _Endpoints(services)
    settings = services.settings
    management = GrantManagement(AccessTokens(services.engine, settings), settings, services.grants)
    return [
        Route("/oauth/authorize", endpoints.authorize, methods=["GET"]),
        Route("/oauth/par", endpoints.push, methods=["POST"]),
        Route("/oauth/token", endpoints.token, methods=["POST"]),
        Route("/oauth/revoke", endpoints.revoke, methods=["POST"]),
        Route("/oauth/introspect", endpoints.introspect, methods=["POST"]),
        Route("/oauth/grants/{grant_id}", management.query, methods=["GET"]),
        Route("/oauth/grants/{grant_id}", management.revoke, methods=["DELETE"]),
        Route("/.well-known/oauth-authorization-server", _document(server_metadata(settings)), methods=["GET"]),
        Route("/.well-known/oauth-protected-resource", _document(resource_metadata(settings)), methods=["GET"]),
        Route("/.well-known/oauth-protected-resource/graphql", _document(resource_metadata(settings)), methods=["GET"]),
    ]


def _document(content: dict[str, Any]) -> Callable[[Request], Any]:
    async def serve(request: Request) -> Response:
        return JSONResponse(content, headers={"Cache-Control": "public, max-age=300"})

    return serve


_Respond = Callable[[ConsentServer, FormRequest], OAuthResponse]


class _Endpoints:
    def __init__(self, services: OAuthServices) -> None:
        self._services = services
        self._authorizations = Authorizations(services.engine, services.settings, services.grants)

    async def authorize(self, request: Request) -> Response:
        """Validate and keep an authorization request; the page behind `consent_path` asks the worker."""
        parameters = parse_parameters(request.scope.get("query_string", b""))
        if isinstance(parameters, ParameterRefusal):
            return self._services.error_page(request, parameters.description, 400)
        try:
            begun = await run_in_threadpool(self._authorizations.begin, parameters, request.headers)
        except SQLAlchemyError as error:
            _log.error("oauth:authorize:fail", extra={"error": type(error).__name__})
            return self._services.error_page(request, "Gigway cannot answer at the moment.", 503)
        match begun:
            case Pending(handle=handle):
                location = self._services.consent_path(handle)
            case SendBack(location=location):
                pass
            case CannotReturn(description=description):
                return self._services.error_page(request, description, 400)
        return RedirectResponse(location, 303, headers=dict(NO_STORE))

    async def push(self, request: Request) -> Response:
        """Answer a pushed authorization request."""
        return await self._answer(request, push_request)

    async def token(self, request: Request) -> Response:
        """Answer a token request."""
        return await self._answer(request, lambda server, form: server.create_token_response(form))

    async def revoke(self, request: Request) -> Response:
        """Answer a revocation request."""
        return await self._answer(request, lambda server, form: server.create_endpoint_response("revocation", form))

    async def introspect(self, request: Request) -> Response:
        """Answer an introspection request."""
        return await self._answer(request, lambda server, form: server.create_endpoint_response("introspection", form))

    async def _answer(self, request: Request, respond: _Respond) -> Response:
        parameters = await read_form(request)
        header = request.headers.get("authorization")
        if isinstance(parameters, ParameterRefusal):
            answer = error_response(400, "invalid_request", parameters.description)
        elif len(request.headers.getlist("authorization")) > 1:
            answer = error_response(400, "invalid_request", "There is more than one Authorization header.")
        elif problem := authentication_problem(header, parameters):
            answer = error_response(400, "invalid_request", problem)
        elif header is None and "client_assertion" not in parameters:
            answer = error_response(401, "invalid_client", "Authenticate the client.", basic=True)
        else:
            try:
                answer = await run_in_threadpool(self._respond, request, parameters, respond)
            except SQLAlchemyError as error:
                # The driver's message has the statement's parameters in it: only its kind is written down.
                _log.error("oauth:endpoint:fail", extra={"error": type(error).__name__, "path": request.url.path})
                answer = error_response(503, "temporarily_unavailable", "Gigway cannot answer at the moment.")
        return JSONResponse(answer.body, answer.status, headers=dict(answer.headers))

    def _respond(self, request: Request, parameters: Parameters, respond: _Respond) -> OAuthResponse:
        settings = self._services.settings
        now = settings.clock()
        with self._services.engine.begin() as connection:
            server = ConsentServer(connection, settings, now)
            server.register_grant(CodeFlow, [RequiredS256(required=True)])
            server.register_grant(RotateRefreshToken)
            server.register_grant(ActorCredentials)
            server.register_endpoint(RevokeToken)
            server.register_endpoint(IntrospectToken)
            form = FormRequest("POST", parameters, request.headers, now)
            form.server = server
            proofs = request.headers.getlist("dpop")
            if not proofs:
                return respond(server, form)
            nonces = Nonces(settings.nonce_key)
            presented = Presented(proofs=proofs, method="POST", url=settings.url(request.url.path))
            match check_proof(connection, presented, nonces, now=now):
                case ProofRefused(error=error, description=description):
                    answer = error_response(400, error, description)
                case Proven(jkt=jkt):
                    form.dpop_jkt = jkt
                    answer = respond(server, form)
            return replace(answer, headers={**answer.headers, "DPoP-Nonce": nonces.make(now)})


async def read_form(request: Request) -> Parameters | ParameterRefusal:
    """Read a POST's form: nothing in the URL, the right media type, and no more bytes than allowed."""
    if request.scope.get("query_string"):
        return ParameterRefusal(description="Parameters belong in the body, not in the URL.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return ParameterRefusal(description=f"The body must be {_FORM}.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return ParameterRefusal(description="The parameters are too long.")
    return parse_parameters(body)

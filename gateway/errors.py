"""The gateway's errors: what clients may read, and what a subgraph's failure becomes.

    GatewayError                  carries a stable code
    ├── ClientError               the request is at fault: safe to show as it is
    │   ├── InvalidRequestError   several located errors at once (validation, limits, variables)
    │   └── ResponseTooLargeError the answer would exceed its bound (RESPONSE_TOO_LARGE)
    └── SubgraphError             one call to one subgraph failed as a whole (SUBGRAPH_ERROR)
        ├── SubgraphUnavailableError   nobody answered (UPSTREAM_UNAVAILABLE)
        └── SubgraphTimeoutError       not in time (UPSTREAM_TIMEOUT)

A field error is not an exception: it is a `GraphQLErrorDict`, ready to be serialized.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict


class GraphQLErrorDict(TypedDict):
    """One entry of a GraphQL response's `errors`."""

    message: str
    locations: NotRequired[list[dict[str, int]]]
    path: NotRequired[list[str | int]]
    extensions: NotRequired[dict[str, Any]]


class GatewayError(Exception):
    """Root of the gateway's exceptions."""

    code = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class ClientError(GatewayError):
    """The request cannot be answered as it stands; message and code are meant for the client."""

    code = "BAD_REQUEST"

    def to_dict(self) -> GraphQLErrorDict:
        """Return the GraphQL error."""
        return {"message": self.message, "extensions": {"code": self.code}}


class InvalidRequestError(ClientError):
    """The request breaks several rules, or one at a place that can be pointed to."""

    code = "GRAPHQL_VALIDATION_FAILED"

    def __init__(self, errors: Sequence[GraphQLErrorDict]) -> None:
        super().__init__(errors[0]["message"] if errors else "invalid request")
        self.errors = tuple(errors)


class ResponseTooLargeError(ClientError):
    """The answer would be larger than is allowed: entities inside entities multiply."""

    code = "RESPONSE_TOO_LARGE"

    def __init__(self) -> None:
        super().__init__("The response is too large.")


class SubgraphError(GatewayError):
    """A call to a subgraph failed as a whole.

    `message` is shown to clients: it must not carry addresses, payloads or secrets.
    """

    code = "SUBGRAPH_ERROR"

    def __init__(self, message: str, *, code: str | None = None, extensions: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, code=code)
        self.extensions = dict(extensions or {})


class SubgraphUnavailableError(SubgraphError):
    """The subgraph could not be reached, or it closed the connection before it had answered."""

    code = "UPSTREAM_UNAVAILABLE"


class SubgraphTimeoutError(SubgraphError):
    """The subgraph did not answer in time."""

    code = "UPSTREAM_TIMEOUT"


def graphql_error(
    message: str,
    code: str,
    path: Sequence[str | int] | None = None,
    extensions: Mapping[str, Any] | None = None,
    locations: Sequence[tuple[int, int]] = (),
) -> GraphQLErrorDict:
    """Return a GraphQL error with `code` in its extensions."""
    error: GraphQLErrorDict = {"message": message}
    if locations:
        error["locations"] = [{"line": line, "column": column} for line, column in locations]
    if path is not None:
        error["path"] = list(path)
    error["extensions"] = {**(extensions or {}), "code": code}
    return error

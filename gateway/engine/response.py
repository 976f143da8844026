"""What the engine answers: bytes for the socket, and the duty to say when they are there."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

import orjson

from gateway.errors import GraphQLErrorDict
from gateway.executor import ExecutionResult
from gateway.executor.permits import CLOSED


class EngineResponse:
    """A GraphQL response.

    `body` is ready for the socket. `is_request_error` tells that nothing was executed (there is no `data` entry).
    `has_next` tells that deferred parts of this answer are still to come.
    Call `acknowledge` once the bytes have been handed over or dropped; it may be called more than once.
    """

    __slots__ = ("_result", "body", "data", "errors", "extensions", "has_next", "is_request_error")

    def __init__(
        self,
        body: bytes,
        *,
        data: Mapping[str, Any] | None = None,
        errors: Sequence[GraphQLErrorDict] = (),
        extensions: Mapping[str, Any] | None = None,
        is_request_error: bool = False,
        result: ExecutionResult | None = None,
    ) -> None:
        self.body = body
        self.data = data
        self.errors = errors
        self.extensions = extensions or {}
        self.is_request_error = is_request_error
        self._result = result
        self.has_next = result is not None and bool(result.has_next)

    @classmethod
    def of(cls, result: ExecutionResult) -> EngineResponse:
        """Return the response of an execution."""
        return cls(result.body, data=result.data, errors=result.errors, extensions=result.extensions, result=result)

    @classmethod
    def refusal(cls, errors: Sequence[GraphQLErrorDict]) -> EngineResponse:
        """Return the response to a request that was not executed."""
        return cls(orjson.dumps({"errors": list(errors)}), errors=errors, is_request_error=True)

    def acknowledge(self) -> Awaitable[None]:
        """Close the permits behind the data, whether or not anybody waits for it."""
        return CLOSED if self._result is None else self._result.acknowledge()

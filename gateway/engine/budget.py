"""What an operation costs whom: the hook by which an application limits what each asker spends.

Without one, `Limits.cost` is the most that any operation may cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from gateway.errors import GraphQLErrorDict, InvalidRequestError, graphql_error
from gateway.executor.hooks import Denial

COST_LIMIT_EXCEEDED = "COST_LIMIT_EXCEEDED"
ORDINARY_WORK = 500


class Budget(Protocol):
    """Says what may be spent. One instance serves all requests."""

    async def charge(self, cost: float, session: Any) -> Denial | None:
        """Take the static cost of an operation from what `session` may spend, or say why not.

        Called once per operation, when it is known to be valid and before it is planned; for a subscription also
        before each event after the first.
        """
        ...

    async def charge_work(self, work: float, session: Any) -> Denial | None:
        """Take what reading a new document takes at least, or say why it stays unread; two microseconds are one."""
        ...

    async def owe_work(self, work: float, session: Any) -> None:
        """Take what reading a document, valid or not, or planning it has taken beyond that, even if it is not left."""
        ...

    def report(self, cost: float, session: Any) -> Mapping[str, Any]:
        """Return what an answer says about its cost, where the client asks: `extensions.cost`."""
        ...


class FixedLimit:
    """The budget of an engine without one: every operation may cost as much as any other, as often as you like."""

    def __init__(self, limit: float) -> None:
        self._limit = limit

    async def charge(self, cost: float, session: Any) -> Denial | None:
        """Refuse what costs more than the limit."""
        return None if cost <= self._limit else too_costly(cost, self._limit)

    async def charge_work(self, work: float, session: Any) -> Denial | None:
        """Charge nothing."""
        return None

    async def owe_work(self, work: float, session: Any) -> None:
        """Charge nothing."""

    def report(self, cost: float, session: Any) -> Mapping[str, Any]:
        """Return the cost and the limit."""
        return {"cost": number(cost), "limit": number(self._limit)}


def too_costly(cost: float, limit: float) -> Denial:
    """Return the refusal of an operation that nobody with this limit can ever execute."""
    return Denial(
        code=COST_LIMIT_EXCEEDED,
        message=f"The operation costs {cost:.0f}; at most {limit:.0f} is accepted. Ask for fewer or smaller lists.",
        extensions={"cost": number(cost), "limit": number(limit)},
    )


def charged(work: int) -> int:
    """Return what is charged for work: whole milliseconds of it, so that what every document takes is free."""
    return work // ORDINARY_WORK * ORDINARY_WORK


def number(value: float) -> float | int:
    """Return a cost as clients read it: whole ones without a point."""
    return int(value) if value == int(value) else value


def refusal_of(denial: Denial) -> InvalidRequestError:
    """Return a budget's refusal as the error of a request."""
    error: GraphQLErrorDict = graphql_error(denial.message, denial.code, extensions=denial.extensions)
    return InvalidRequestError([error])

"""Relay connections over any type: `Connection[Skill]` is `SkillConnection` in the schema, with `SkillEdge`s."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import strawberry

from graph.pages import USUAL, Key, Span, page_of
from graph.schema.scalars import PageInfo, page_info, refusals

Node = TypeVar("Node")
Item = TypeVar("Item")


@strawberry.type(description="One item of a page, with the cursor that a page can begin after or end before.")
class Edge(Generic[Node]):
    """An edge."""

    cursor: str
    node: Node


@strawberry.type(
    description=(
        "A page of a list: the `first` ones after a cursor, or the `last` ones before one; at most 100. Without either "
        "there are 20 (of matches 10), the last ones if only `before` is given."
    )
)
class Connection(Generic[Node]):
    """A connection."""

    edges: list[Edge[Node]]
    page_info: PageInfo
    total_count: int


def span(first: int | None, after: str | None, last: int | None, before: str | None, *, usual: int = USUAL) -> Span:
    """Return the page that a field's arguments ask for; what is left out, null or empty says nothing."""
    return Span(
        first=first if isinstance(first, int) else None,
        after=after or None,
        last=last if isinstance(last, int) else None,
        before=before or None,
        usual=usual,
    )


def connection(entries: Sequence[tuple[Key, Item]], asked: Span, show: Callable[[Item], Node]) -> Connection[Node]:
    """Return a page of a list, which is in the order of its keys, as the schema shows it."""
    with refusals():
        page = page_of(entries, asked)
    return Connection(
        edges=[Edge(cursor=cursor, node=show(item)) for cursor, item in page.items],
        page_info=page_info(page),
        total_count=page.total,
    )

"""Relay connections over any type: `Connection[Skill]` is `SkillConnection` in the schema, with `SkillEdge`s."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import strawberry

from graph.pages import Page
from graph.schema.scalars import PageInfo, page_info

Node = TypeVar("Node")
Item = TypeVar("Item")


@strawberry.type(description="One item of a page, with the cursor that a page can begin after.")
class Edge(Generic[Node]):
    """An edge."""

    cursor: str
    node: Node


@strawberry.type(description="A page of a list.")
class Connection(Generic[Node]):
    """A connection."""

    edges: list[Edge[Node]]
    page_info: PageInfo
    total_count: int


def connection(page: Page[Item], show: Callable[[Item], Node]) -> Connection[Node]:
    """Return a page as the schema shows it."""
    return Connection(
        edges=[Edge(cursor=cursor, node=show(item)) for cursor, item in page.items],
        page_info=page_info(page),
        total_count=page.total,
    )

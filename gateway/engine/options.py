"""What a user of the engine may decide about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode

from gateway.engine.labels import ChooseLabels
from gateway.planner.options import PlannerOptions

WatchPlanning = Callable[[str, str | None], AbstractContextManager[object]]
"""(the operation's type, its name) → what is entered while its plan is looked for."""

Annotate = Callable[[DocumentNode, str | None, Sequence[str | int], Any, Sequence[Sequence[str | int]]], None]
"""(document, operation's name, path, data that stands there, paths) → what was left out at the paths is told in it.

A path is the client's; without a number where it goes through a list, it means every element.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one operation, checked before it is planned. Each is the largest value that is accepted.

    `fields` counts fields after fragments are spread; `depth` the nesting of fields, introspection aside;
    `cost` is the static cost (`cost.py`), in which a list of unknown size counts as `assumed_list_size`.
    `validation` is the work of comparing fields that share a response name, two units a comparison, about 4 µs:
    the bound is 0.4 s, and a document of a hundred fragments on a hundred types takes about as much.
    """

    document_bytes: int = 100_000
    tokens: int = 15_000
    depth: int = 20
    fields: int = 2_000
    aliases: int = 200
    directives: int = 100
    root_fields: int = 50
    cost: float = 100_000.0
    assumed_list_size: int = 10
    validation: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Options of an engine.

    `timeout` bounds an operation in seconds; fetches that are not done by then fail with `UPSTREAM_TIMEOUT`.
    `documents` and `plans` are the sizes of the caches; `documents_weight` bounds the characters of all cached
    documents, `plans_weight` the fields of all cached plans. `max_response_bytes` bounds an answer in which entities
    inside entities multiply. `labels` decides which labels of progressive overrides are active for a session; those of
    the form `percent(x)` are decided by chance. `watch_planning` is entered while a plan is made or found in the cache.
    `annotate` sees every answer from which something was left out that the caller may not read, before it is written.
    """

    limits: Limits = field(default_factory=Limits)
    introspection: bool = True
    timeout: float | None = 30.0
    max_errors: int = 500
    max_response_bytes: int = 50_000_000
    documents: int = 2_000
    documents_weight: int = 4_000_000
    plans: int = 2_000
    plans_weight: int = 200_000
    labels: ChooseLabels | None = None
    watch_planning: WatchPlanning | None = None
    annotate: Annotate | None = None
    planner: PlannerOptions = field(default_factory=PlannerOptions)

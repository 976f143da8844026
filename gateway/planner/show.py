"""Plans as text and as JSON, for people and for tests.

QueryPlan {
  Sequence {
    Fetch(service: "a") { … }
    Parallel {
      Fetch(service: "b") { Flatten(path: "x.@") { T { id } } => { … } }
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.planner.nodes import (
    Condition,
    EntitySelection,
    Fetch,
    FieldSelection,
    InputField,
    PathStep,
    ProjectedField,
    QueryPlan,
    Selection,
    TypeStep,
)

_STEP = "  "


def show_plan(query_plan: QueryPlan) -> str:
    """Print `query_plan`: its fetches by stages, each with what it sends and selects."""
    stages = _stages(query_plan)
    lines = ["QueryPlan {"]
    depth = 1
    if len(stages) > 1:
        lines.append(_STEP + "Sequence {")
        depth = 2
    for stage in stages:
        inner = depth
        if len(stage) > 1:
            lines.append(_STEP * depth + "Parallel {")
            inner += 1
        for fetch in stage:
            lines.extend(_STEP * inner + line for line in _fetch(fetch))
        if len(stage) > 1:
            lines.append(_STEP * depth + "}")
    if len(stages) > 1:
        lines.append(_STEP + "}")
    for part in query_plan.deferred:
        where = ".".join(part.response_path)
        lines.append(
            f'{_STEP}Defer(label: {part.label or "none"}, path: "{where}", fetches: {sorted(part.fetches)}) {{'
        )
        lines.extend(_STEP * 2 + line for line in _projection(part.projection))
        lines.append(_STEP + "}")
    lines.append("}")
    return "\n".join(lines)


def show_path(path: Iterable[PathStep]) -> str:
    """Print a path: `shop.items.@[Book].pages`."""
    text = ""
    for step in path:
        if isinstance(step, TypeStep):
            text += f"[{'|'.join(sorted(step.types))}]"
        else:
            text += f".{step}" if text else step
    return text


def plan_to_json(query_plan: QueryPlan) -> dict[str, Any]:
    """Return `query_plan` as JSON values: its fetches with dependencies, documents and disclosures."""
    return {
        "kind": query_plan.kind,
        "fetches": [
            {
                "id": fetch.id,
                "subgraph": fetch.subgraph,
                "kind": fetch.kind,
                "after": list(fetch.after),
                "path": show_path(fetch.path),
                "selections": _inline(fetch.selections),
                "entities": [
                    {
                        "key": entity.key,
                        "paths": [show_path(target.path) for target in entity.targets],
                        "requires": [
                            f"{shape.typename} {_inputs(shape.fields)}"
                            for target in entity.targets
                            for shape in target.representations
                        ],
                        "selections": _inline(entity.selections),
                        "conditions": _conditions(entity.conditions).strip(),
                    }
                    for entity in fetch.entities
                ],
                "conditions": _conditions(fetch.conditions).strip(),
                "disclosure": sorted(fetch.disclosure),
            }
            for fetch in query_plan.fetches
        ],
        "deferred": [
            {"label": part.label, "path": ".".join(part.response_path), "fetches": sorted(part.fetches)}
            for part in query_plan.deferred
        ],
    }


def depth(query_plan: QueryPlan) -> int:
    """Return how many requests have to run one after the other."""
    return len(_stages(query_plan))


def _projection(fields: Iterable[ProjectedField]) -> list[str]:
    lines: list[str] = []
    for field in fields:
        head = field.response_key if field.types is None else f"{field.response_key} of {'|'.join(sorted(field.types))}"
        lines.append(head + (" {" if field.selections else ""))
        if field.selections:
            lines.extend(_STEP + line for line in _projection(field.selections))
            lines.append("}")
    return lines


def _stages(query_plan: QueryPlan) -> list[list[Fetch]]:
    levels: dict[int, int] = {}
    stages: list[list[Fetch]] = []
    for fetch in query_plan.fetches:
        level = 1 + max((levels[before] for before in fetch.after), default=-1)
        levels[fetch.id] = level
        while len(stages) <= level:
            stages.append([])
        stages[level].append(fetch)
    return stages


def _fetch(fetch: Fetch) -> list[str]:
    head = f'Fetch(service: "{fetch.subgraph}"'
    if fetch.kind != "query":
        head += f", kind: {fetch.kind}"
    if fetch.path:
        head += f', path: "{show_path(fetch.path)}"'
    head += f"){_conditions(fetch.conditions)} {{"
    lines = [head]
    if fetch.disclosure:
        lines.append(f"{_STEP}# discloses {', '.join(sorted(fetch.disclosure))}")
    lines.extend(_STEP + line for line in _selections(fetch.selections))
    for entity in fetch.entities:
        lines.extend(_STEP + line for line in _entity(entity))
    lines.append("}")
    return lines


def _entity(entity: EntitySelection) -> list[str]:
    lines = []
    for target in entity.targets:
        lines.append(f'Flatten(path: "{show_path(target.path)}"){_conditions(entity.conditions)} {{')
        for shape in target.representations:
            only = shape.types - {shape.typename}
            of = f" of {' | '.join(sorted(only))}" if only else ""
            lines.append(f"{_STEP}{shape.typename}{of} {_inputs(shape.fields)}")
        for context in target.contexts:
            above = show_path(target.path[: context.steps]) or "the root"
            lines.append(f"{_STEP}${context.variable}: {context.type} from {above} {_inputs([context.field])}")
        lines.append("}")
    lines.append("=> {")
    lines.extend(_STEP + line for line in _selections(entity.selections))
    lines.append("}")
    return lines


def _inputs(fields: Iterable[InputField]) -> str:
    parts = []
    for field in fields:
        text = field.name if field.name == field.key else f"{field.name}: {field.key}"
        if field.types is not None:
            text = f"[{'|'.join(sorted(field.types))}] {text}"
        if field.selections:
            text += " " + _inputs(field.selections)
        parts.append(text)
    return "{ " + " ".join(parts) + " }"


def _selections(selections: Iterable[Selection]) -> list[str]:
    lines: list[str] = []
    for selection in selections:
        head = _head(selection)
        if selection.selections:
            lines.append(head + " {")
            lines.extend(_STEP + line for line in _selections(selection.selections))
            lines.append("}")
        else:
            lines.append(head)
    return lines


def _inline(selections: Iterable[Selection]) -> str:
    parts = []
    for selection in selections:
        inner = f" {_inline(selection.selections)}" if selection.selections else ""
        parts.append(_head(selection) + inner)
    return "{ " + " ".join(parts) + " }" if parts else ""


def _head(selection: Selection) -> str:
    if isinstance(selection, FieldSelection):
        alias = "" if selection.key == selection.name else f"{selection.key}: "
        head = f"{alias}{selection.name}{selection.arguments}"
    else:
        head = f"... on {selection.type_condition}"
    return head + _conditions(selection.conditions)


def _conditions(conditions: Iterable[Condition]) -> str:
    return "".join(
        f" @{'skip' if condition.negated else 'include'}(if: ${condition.variable})" for condition in conditions
    )

"""Puts a connector's directives together into a `Definition`, or says what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.schema.definition import (
    Definition,
    Distinct,
    Fold,
    Occupation,
    Platform,
    Remote,
)
from connectors.schema.document import ConnectorDocument
from connectors.schema.feeds import read_entries, read_feeds
from connectors.schema.problem import SdlProblem
from connectors.schema.reader import DirectiveReader, Read, Values

PUBLIC_FEED = "PUBLIC_FEED"
"""The method of a connector without accounts."""


def read_definition(document: ConnectorDocument) -> Definition | list[SdlProblem]:
    """Return what the directives say, or what is wrong with them."""
    reader = DirectiveReader(document.schema)
    on_schema = reader.read(document.schema_directives)
    on_account = reader.read(document.account.directives or ())
    for name in ("platform", "linking"):
        if not on_schema[name] and not reader.problems:
            reader.add(document.place(name), "DIRECTIVE_MISSING", f"The schema needs @{name}.")
    for node, values in on_schema["platform"]:
        if values.get("method") is None:
            reader.add(node, "METHOD_MISSING", "A connector with accounts says by which `method` it fetches.")
    if reader.problems:
        return reader.problems
    sources = reader.sources(on_schema)
    connects = reader.connects(on_account, sources)
    linking = reader.linking(*on_schema["linking"][0], sources)
    limits = reader.limits(on_schema["limits"])
    folds = _folds(on_account["fold"])
    feeds = read_feeds(reader, on_schema["feed"], sources)
    if reader.problems or linking is None:
        return reader.problems
    return Definition(
        platform=platform_of(on_schema["platform"][0][1]),
        account_type=document.account.name.value,
        linking=linking,
        sources=sources,
        connects=connects,
        folds=folds,
        distinct={
            values["field"]: Distinct(by=values["by"], count=values.get("count"), days=values["days"])
            for _, values in on_account["distinct"]
        },
        occupations=tuple(_occupation(values) for _, values in on_schema["occupation"]),
        limits=limits,
        feeds=feeds,
        entries=read_entries(on_schema["entry"]),
        remote=_remote(on_schema["remote"], document),
    )


def _folds(found: Sequence[Read]) -> dict[str, Fold]:
    folds: dict[str, Fold] = {}
    for _, values in found:
        before = folds.get(values["field"])
        origins = before.origins if before is not None else ()
        folds[values["field"]] = Fold(origins=(*origins, values["from_"]), days=values["days"])
    return folds


def _remote(found: Sequence[Read], document: ConnectorDocument) -> Remote | None:
    if not found:
        return None
    written = frozenset(field.name.value for field in document.written.fields or ())
    values = found[0][1]
    return Remote(url=values["url"], fields=written - {"id"}, omits=frozenset(values["omits"]))


def platform_of(values: Values) -> Platform:
    """Return `@platform`."""
    return Platform(
        name=values["name"],
        display_name=values["displayName"],
        version=values["version"],
        fidelity=values["fidelity"],
        method=values.get("method") or PUBLIC_FEED,
        currency=values.get("currency"),
        terms=values.get("terms"),
        documentation=values.get("documentation"),
    )


def _occupation(values: Values) -> Occupation:
    return Occupation(
        value=values.get("value"),
        scheme=values["scheme"],
        code=values["code"],
        label=values["label"],
        mapping=values["mapping"],
    )

"""What answering a field of an account reads: which fields and streams of its endpoints, and what below them.

    a field, and what is asked for below it ─► (field or stream, the tree that is read of it) …

Pushdown asks platforms for this, and readings read no more than this: both take it from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.runtime.field_tree import Tree, below, merge, with_needs
from connectors.schema.definition import Connect, Definition
from connectors.schema.mapping_rules import ENGAGEMENTS, PAYMENTS, TERMS

PLACING: Final[Tree] = {"ref": None, "period": {"start": None, "end": None}}
"""What cursors, filters and joins read of an engagement."""

EXPERIENCE_TREE: Final[Tree] = {
    "ref": None,
    "kind": None,
    "status": None,
    "cancelledBy": None,
    "occupation": None,
    "work": None,
    "period": {"start": None, "end": None},
    "duration": {"seconds": None},
}
"""What `experience` reads of an engagement."""

EVIDENCE_TREE: Final[Tree] = {**EXPERIENCE_TREE, "terms": None}
"""What `evidence` reads of an engagement."""

PAID_WORK_TREE: Final[Tree] = {**EVIDENCE_TREE, "earnings": None}
"""What `paidWork` reads of an engagement."""

RATING_TREE: Final[Tree] = {"scheme": {"name": None, "min": None, "max": None}, "value": None, "sampleSize": None}
"""What `evidence` reads of a rating of the account."""

CREDENTIAL_TREE: Final[Tree] = {"name": None}
"""What `evidence` reads of a credential."""

PAYMENT_TREE: Final[Tree] = {"engagement": None, "at": None, "lines": None}
"""What sums and joins read of a payment."""

EARNED_TREE: Final[Tree] = {"earnings": None, **PLACING}
"""What `earnings` reads of an engagement that carries its own."""

PAID: Final[Mapping[str, Tree]] = {ENGAGEMENTS: EARNED_TREE, PAYMENTS: PAYMENT_TREE}
"""What `earnings` reads of either stream."""

JOINED: Final = "Engagement.earnings"
"""The `@fold` that joins payments to engagements."""

_FOLDED: Final[Mapping[str, Mapping[str, Tree | None]]] = {
    "experience": {ENGAGEMENTS: EXPERIENCE_TREE},
    "evidence": {ENGAGEMENTS: EVIDENCE_TREE, "ratings": RATING_TREE, "credentials": CREDENTIAL_TREE, TERMS: None},
    "paidWork": {ENGAGEMENTS: PAID_WORK_TREE, TERMS: None},
}


def asked_of(connect: Connect, fields: Mapping[str, Tree | None], definition: Definition) -> Tree:
    """Return which fields and streams of a connect a call for `fields` reads, with what it reads below them."""
    tree: Tree = {}
    for name, inner in fields.items():
        for given, needs in needs_of(name, inner, definition):
            if given in connect.fields:
                merge(tree, {given: needs})
    for other in definition.connects:
        # What an endpoint is asked for, one by one, is read whole: its templates may name any of it.
        if other.each is not None and other.each.of == connect.id and asked_of(other, fields, definition):
            tree[other.each.list] = None
    return tree


def needs_of(name: str, inner: Tree | None, definition: Definition) -> Iterator[tuple[str, Tree | None]]:
    """Yield what answering an account field reads, `inner` being asked for below it (None: everything)."""
    if name == ENGAGEMENTS:
        node = below(inner, "edges", "node") if inner is not None else None
        yield ENGAGEMENTS, None if node is None else engagement_needs(node)
        if JOINED in definition.folds and (node is None or "earnings" in node):
            yield PAYMENTS, PAYMENT_TREE
    elif name == "earnings" and name in definition.folds:
        for origin in definition.folds[name].origins:
            yield origin, PAID[origin]
    elif name in definition.folds:
        yield from _FOLDED[name].items()
        if name == "paidWork" and JOINED in definition.folds:
            yield PAYMENTS, PAYMENT_TREE
    else:
        yield name, field_needs(name, inner, definition)


def engagement_needs(node: Tree) -> Tree:
    """Return what is read of engagements of which `node` is asked for."""
    needs = with_needs(node)
    merge(needs, PLACING)
    return needs


def field_needs(name: str, inner: Tree | None, definition: Definition) -> Tree | None:
    """Return what is read of a field that one endpoint gives, below which `inner` is asked for."""
    if inner is None:
        return None
    needs = with_needs(inner)
    rule = definition.distinct.get(name)
    if rule is not None:
        merge(needs, {rule.by: None})
    return needs

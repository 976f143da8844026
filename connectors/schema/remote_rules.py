"""The rules of `@remote`: what the platform's own subgraph takes the place of, and what it cannot be asked for."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLNonNull, GraphQLObjectType, InterfaceTypeDefinitionNode, UnionTypeDefinitionNode

from connectors.schema.definition import Definition, Remote, TakeoutLinking
from connectors.schema.document import ConnectorDocument
from connectors.schema.mapping_rules import is_completed
from connectors.schema.problem import SdlProblem, problem_at

_METHOD = "REMOTE_SUBGRAPH"


def remote_problems(document: ConnectorDocument, definition: Definition) -> Iterator[SdlProblem]:
    """Yield what does not fit together in a connector with `@remote`, or in one that should have it."""
    platform, remote = definition.platform, definition.remote
    if (remote is not None) is not (platform.method == _METHOD):
        yield problem_at(
            document.place("remote" if remote is not None else "platform"),
            "REMOTE_METHOD",
            f"@remote(url:) and @platform(method: {_METHOD}) go together: write both or neither.",
        )
    if remote is None:
        return
    for connect in definition.connects:
        yield problem_at(
            document.place("connect", "id", connect.id),
            "REMOTE_WITH_CONNECT",
            f"{connect.id}: with @remote the platform's own subgraph answers; take the @connect out.",
        )
    if isinstance(definition.linking.method, TakeoutLinking):
        yield problem_at(
            document.place("linking"), "REMOTE_WITH_TAKEOUT", "@remote needs a credential: link by oauth2 or token."
        )
    if not remote.fields:
        yield problem_at(
            document.account,
            "REMOTE_WITHOUT_FIELDS",
            "Write down the canonical fields that the subgraph answers, as in the specification, or fields of its own.",
        )
    yield from _omitted(document, remote)
    for field, fold in definition.folds.items():
        if fold.origins != ("engagements",):
            yield problem_at(document.account, "FOLD_UNKNOWN", f"{field}: with @remote, fold from engagements.")
    for node in document.own:
        if isinstance(node, InterfaceTypeDefinitionNode | UnionTypeDefinitionNode):
            yield problem_at(
                node, "REMOTE_ABSTRACT_TYPE", f"{node.name.value}: with @remote, own types are objects and enums."
            )


def _omitted(document: ConnectorDocument, remote: Remote) -> Iterator[SdlProblem]:
    for coordinate in sorted(remote.omits):
        type_name, _, name = coordinate.partition(".")
        kind = document.schema.get_type(type_name)
        field = kind.fields.get(name) if isinstance(kind, GraphQLObjectType) else None
        if field is None:
            yield problem_at(
                document.place("remote"), "REMOTE_OMITS_UNKNOWN", f"@remote(omits:): there is no field {coordinate}."
            )
        elif isinstance(field.type, GraphQLNonNull) and not is_completed(type_name, name):
            yield problem_at(
                document.place("remote"),
                "REMOTE_OMITS_REQUIRED",
                f"@remote(omits:): {coordinate} always has a value, so it cannot be left out.",
            )

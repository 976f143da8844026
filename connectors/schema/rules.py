"""The rules that a connector keeps so that the canonical part of the schema stays what it is (DESIGN §2).

Each rule is a function from the document to its problems; `sdl_problems` runs those that need no directives read,
`definition_problems` the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import (
    DirectiveDefinitionNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListValueNode,
    Node,
    ObjectTypeDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    TypeNode,
)

from connectors.schema.definition import (
    ClientCredentialsLinking,
    Definition,
    Linking,
    LinkingMethod,
    MessageProof,
    OAuth2Linking,
    TakeoutLinking,
)
from connectors.schema.document import ConnectorDocument, canonical_account_field, same_text
from connectors.schema.endpoint_rules import endpoint_problems, source_problems, url_problems
from connectors.schema.feeds import feed_problems
from connectors.schema.fold_rules import fold_problems
from connectors.schema.mapping_rules import mapping_complaints
from connectors.schema.paging_rules import paging_complaints
from connectors.schema.problem import SdlProblem, placed, problem_at
from connectors.schema.remote_rules import remote_problems
from connectors.schema.sites import site_problems
from connectors.schema.vocabulary import (
    CATEGORIES,
    CATEGORY_OF_FIELD,
    account_interface,
    reserved_directives,
    reserved_types,
)

_ROOTS = frozenset({"Query", "Mutation", "Subscription"})
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
VERSION = re.compile(r"\d+\.\d+\.\d+")


def sdl_problems(document: ConnectorDocument) -> Iterator[SdlProblem]:
    """Yield the problems of the types that the file declares."""
    for node in document.own:
        if isinstance(node, DirectiveDefinitionNode):
            yield problem_at(node, "DIRECTIVE_DEFINITION", f"@{node.name.value}: a connector defines no directives.")
            if node.name.value in reserved_directives():
                yield problem_at(node, "CANONICAL_TYPE_CHANGED", f"@{node.name.value} belongs to a specification.")
        if isinstance(node, TypeDefinitionNode | TypeExtensionNode):
            yield from _type_name(node)
    yield from _canonical_fields(document)
    yield from _gated_fields(document)


def definition_problems(document: ConnectorDocument, definition: Definition) -> Iterator[SdlProblem]:
    """Yield the problems of what the directives say."""
    yield from _names(document, definition)
    yield from placed(_proof(definition.linking), document.place("linking"))
    yield from _endpoints(document, definition)
    yield from placed(site_problems(definition), document.place("linking"))
    yield from _paging(document, definition)
    yield from _each(document, definition)
    yield from _supply(document, definition)
    yield from placed(remote_problems(document, definition), document.place("remote"))
    for connect in definition.connects:
        node = document.place("connect", "id", connect.id)
        for code, message in mapping_complaints(definition, connect, document.schema):
            yield problem_at(node, code, message)
    yield from feed_problems(definition, document.schema, document.place)


def prefix_of(platform: str) -> str:
    """Return what the names of a platform's own types begin with."""
    return "".join(word[:1].upper() + word[1:] for word in platform.split("_"))


def _type_name(node: TypeDefinitionNode | TypeExtensionNode) -> Iterator[SdlProblem]:
    name = node.name.value
    if name in _ROOTS:
        yield problem_at(node, "ROOT_FIELDS", f"A connector has no root fields; take {name} out.")
    elif name in reserved_types():
        yield problem_at(node, "CANONICAL_TYPE_CHANGED", f"{name} is canonical and cannot be redefined or extended.")
    elif isinstance(node, TypeExtensionNode):
        yield problem_at(node, "TYPE_EXTENSION", f"Write {name} in one piece, not with `extend`.")


def _names(document: ConnectorDocument, definition: Definition) -> Iterator[SdlProblem]:
    platform, prefix = definition.platform, prefix_of(definition.platform.name)
    if not NAME.fullmatch(platform.name):
        yield problem_at(
            document.place("platform"),
            "PLATFORM_NAME",
            "The platform's name is lower-case letters and digits, words joined by _.",
        )
    if not VERSION.fullmatch(platform.version):
        yield problem_at(
            document.place("platform"), "PLATFORM_VERSION", "The connector's version is of the form 1.2.3."
        )
    if definition.account_type != f"{prefix}Account":
        yield problem_at(document.account, "TYPE_PREFIX", f"The account type must be named {prefix}Account.")
    for node in document.own:
        if isinstance(node, TypeDefinitionNode) and not node.name.value.startswith(prefix):
            named = node.name.value
            if named not in reserved_types() | _ROOTS:
                yield problem_at(node, "TYPE_PREFIX", f"{named}: a connector's own types begin with {prefix}.")


def _canonical_fields(document: ConnectorDocument) -> Iterator[SdlProblem]:
    canonical = {field.name.value: field for field in account_interface().fields or ()}
    for field in document.written.fields or ():
        expected = canonical.get(field.name.value)
        if expected is not None and not same_text(field, canonical_account_field(expected)):
            yield problem_at(
                field,
                "CANONICAL_TYPE_CHANGED",
                f"{field.name.value} is canonical: leave it out, or write it exactly as in the specification.",
            )
    keys = [
        print_fields
        for directive in document.account.directives or ()
        if directive.name.value == "key"
        for print_fields in (_argument_text(directive.arguments),)
    ]
    if keys != ["id"]:
        yield problem_at(document.account, "ACCOUNT_KEY", 'The account type has exactly one key: @key(fields: "id").')


def _argument_text(arguments: object) -> str | None:
    for argument in arguments if isinstance(arguments, tuple) else ():
        if argument.name.value == "fields" and isinstance(argument.value, StringValueNode):
            return argument.value.value
    return None


def _gated_fields(document: ConnectorDocument) -> Iterator[SdlProblem]:
    """Own fields of the account are personal: each has one scope, is nullable, and shows its provenance."""
    objects = {node.name.value: node for node in document.own if isinstance(node, ObjectTypeDefinitionNode)}
    canonical = {field.name.value for field in account_interface().fields or ()}
    for field in document.account.fields or ():
        if field.name.value in canonical:
            continue
        yield from _own_field(field)
        target = objects.get(_named(field.type))
        if target is not None and "provenance" not in {inner.name.value for inner in target.fields or ()}:
            yield problem_at(
                target,
                "PROVENANCE_MISSING",
                f"{target.name.value} stands under {field.name.value}: it needs `provenance: Provenance!`.",
            )
    for node in document.own:
        if node is document.account or not isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            continue
        if any(directive.name.value == "key" for directive in node.directives or ()):
            yield problem_at(node, "FOREIGN_ENTITY", f"{node.name.value}: only the account type has a key.")
        for inner in node.fields or ():
            yield from _scope_problems(inner, required=False)
            if inner.arguments:
                name = f"{node.name.value}.{inner.name.value}"
                yield problem_at(
                    inner, "OWN_FIELD_ARGUMENTS", f"{name}: a field of the connector's own takes no arguments."
                )


def _own_field(field: FieldDefinitionNode) -> Iterator[SdlProblem]:
    name = field.name.value
    yield from _scope_problems(field, required=True)
    if field.type.kind == "non_null_type":
        yield problem_at(field, "GATED_FIELD_NON_NULL", f"{name} can be denied, so it must be nullable.")
    if field.arguments:
        yield problem_at(field, "OWN_FIELD_ARGUMENTS", f"{name}: a field of the connector's own takes no arguments.")


def _scope_problems(field: FieldDefinitionNode, *, required: bool) -> Iterator[SdlProblem]:
    name = field.name.value
    scopes = [directive for directive in field.directives or () if directive.name.value == "requiresScopes"]
    if not scopes:
        if required:
            yield problem_at(
                field,
                "PERSONAL_FIELD_WITHOUT_SCOPE",
                f'{name} is personal: give it @requiresScopes(scopes: [["gig:<category>"]]).',
            )
        return
    categories = list(_categories(scopes[0].arguments[0].value if scopes[0].arguments else None))
    if len(categories) != 1 or categories[0] not in CATEGORIES:
        known = ", ".join(sorted(CATEGORIES))
        yield problem_at(field, "SCOPE_UNKNOWN", f"{name} needs exactly one scope gig:<category>, of {known}.")


def _categories(value: object) -> Iterator[str]:
    if isinstance(value, ListValueNode):
        for inner in value.values:
            yield from _categories(inner)
    elif isinstance(value, StringValueNode):
        yield value.value.removeprefix("gig:") if value.value.startswith("gig:") else f"?{value.value}"


def _named(node: TypeNode) -> str:
    inner = getattr(node, "type", None)
    return _named(inner) if inner is not None else str(getattr(node, "name").value)  # noqa: B009


def _proof(linking: Linking) -> Iterator[SdlProblem]:
    """Whoever reads with a credential that is not the worker's own must know whose record a worker names."""
    if linking.reads_as_gigway and linking.proof is None:
        yield problem_at(
            None,
            "LINKING_UNPROVEN",
            "A reference that the worker types in does not prove whose record it is: add `proof` to @linking.",
        )
    if not linking.reads_as_gigway and (linking.proof is not None or linking.holder is not None):
        yield problem_at(
            None, "PROOF_UNNEEDED", "`proof` and `holder` are for ways in which Gigway's own credential reads."
        )
    if linking.body is not None:
        endpoints = [identity.endpoint for identity in linking.identity]
        if any(endpoint.body is None for endpoint in endpoints):
            yield problem_at(None, "CREDENTIAL_WITHOUT_BODY", "A request without a body cannot carry the credential.")


def _endpoints(document: ConnectorDocument, definition: Definition) -> Iterator[SdlProblem]:
    node = document.account
    if definition.remote is not None:
        yield from placed(url_problems(definition.remote.url, "@remote"), document.place("remote"))
    for source in definition.sources.values():
        yield from placed(source_problems(source), document.place("source", "name", source.name))
    method = definition.linking.method
    yield from placed(_linking_urls(method), document.place("linking"))
    endpoints = {connect.id: connect.endpoint for connect in definition.connects}
    for number, identity in enumerate(definition.linking.identity, 1):
        endpoints[f"identity {number}"] = identity.endpoint
    endpoints |= {f"feed {feed.id}": feed.endpoint for feed in definition.feeds}
    if isinstance(definition.linking.proof, MessageProof):
        endpoints["proof"] = definition.linking.proof.endpoint
    files = {file.name for file in method.files} if isinstance(method, TakeoutLinking) else set()
    for name, endpoint in endpoints.items():
        if endpoint.file is None:
            yield from placed(endpoint_problems(name, endpoint), _place_of(document, definition, name))
        elif endpoint.file not in files:
            yield problem_at(node, "FILE_UNKNOWN", f"{name}: @linking(takeout:) has no file {endpoint.file!r}.")


def _place_of(document: ConnectorDocument, definition: Definition, name: str) -> Node:
    """Return where an endpoint stands: in a connect, in a feed, or in what is said of linking."""
    if any(connect.id == name for connect in definition.connects):
        return document.place("connect", "id", name)
    is_feed = name.startswith("feed ")
    return document.place("feed", "id", name.removeprefix("feed ")) if is_feed else document.place("linking")


def _linking_urls(method: LinkingMethod) -> Iterator[SdlProblem]:
    if isinstance(method, OAuth2Linking | ClientCredentialsLinking):
        yield from url_problems(method.token_endpoint, "@linking tokenEndpoint")
    if isinstance(method, OAuth2Linking):
        yield from url_problems(method.authorization_endpoint, "@linking authorizationEndpoint")
        if method.revocation_endpoint is not None:
            yield from url_problems(method.revocation_endpoint, "@linking revocationEndpoint")


def _paging(document: ConnectorDocument, definition: Definition) -> Iterator[SdlProblem]:
    for connect in definition.connects:
        where = ("connect", "id") if connect.paging is None else ("paging", "connect")
        node = document.place(*where, connect.id)
        source = definition.sources.get(connect.endpoint.source)
        for code, message in paging_complaints(connect.id, connect.endpoint, source, connect.paging):
            yield problem_at(node, code, message)


def _each(document: ConnectorDocument, definition: Definition) -> Iterator[SdlProblem]:
    """What is asked for each record of another list has that list, and pages; one such list never needs another."""
    connects = {connect.id: connect for connect in definition.connects}
    for connect in definition.connects:
        if connect.each is None:
            continue
        outer = connects.get(connect.each.of)
        if outer is None or connect.each.list not in outer.fields or outer.each is not None:
            message = f"{connect.id}: {connect.each.of} gives no {connect.each.list} to ask for one by one."
            yield problem_at(document.account, "EACH_WITHOUT_LIST", message)
        if connect.paging is None or connect.paging.order != "UNORDERED":
            message = f"{connect.id}: what is asked one by one has @paging with order: UNORDERED."
            yield problem_at(document.account, "EACH_ORDER", message)


def _supply(document: ConnectorDocument, definition: Definition) -> Iterator[SdlProblem]:
    """Every own field comes from somewhere, and from one place; folds read what is there."""
    node = document.account
    seen: dict[str, str] = {}
    for connect in definition.connects:
        for field in sorted(connect.fields):
            if field in seen:
                yield problem_at(node, "FIELD_MAPPED_TWICE", f"{field} comes from both {seen[field]} and {connect.id}.")
            seen[field] = connect.id
    if definition.remote is not None:
        seen |= dict.fromkeys(sorted(definition.remote.fields), "@remote")
    yield from fold_problems(document, definition, seen)
    for written in document.account.fields or ():
        name = written.name.value
        if name != "id" and name not in CATEGORY_OF_FIELD and name not in seen:
            yield problem_at(written, "FIELD_NOT_MAPPED", f"No connect gives {name}.")

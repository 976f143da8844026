"""`@link`: which specifications a schema uses, and what it calls their elements.

(link v1.0) `@link(url: "https://specs.apollo.dev/federation/v2.5", as: "fed", import: ["@key",
{name: "@shareable", as: "@share"}])`. An element that is not imported goes by `fed__name`, except
that the directive named like the feature itself goes by the feature's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from graphql import EnumValueNode, ListValueNode, NullValueNode, ObjectValueNode, StringValueNode

from gateway.composition.errors import CompositionError, in_subgraph
from gateway.composition.schema.literals import text
from gateway.composition.schema.model import Applied, At

LINK = "https://specs.apollo.dev/link"
CORE = "https://specs.apollo.dev/core"
FEDERATION = "https://specs.apollo.dev/federation"

_VERSION = re.compile(r"v(\d+)\.(\d+)")
_VERSION_SEGMENT = re.compile(r"v\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One linked specification."""

    url: str
    identity: str
    """The URL without its version."""
    name: str
    """The name that its elements are prefixed with here."""
    spec_name: str
    """The name in the URL."""
    version: tuple[int, int]
    imports: Mapping[str, str] = field(default_factory=dict)
    """Element (directives with `@`) to local name (without `@`)."""
    purpose: str | None = None
    at: At | None = None

    def directive(self, element: str) -> str:
        """The local name of one of the specification's directives."""
        imported = self.imports.get("@" + element)
        if imported is not None:
            return imported
        return self.name if element == self.spec_name else f"{self.name}__{element}"

    def type(self, element: str) -> str:
        """The local name of one of the specification's types."""
        return self.imports.get(element) or f"{self.name}__{element}"

    def element_of_directive(self, local: str) -> str | None:
        """The element that a local directive name stands for, if it is one of this link's."""
        for element, name in self.imports.items():
            if element.startswith("@") and name == local:
                return element[1:]
        if local == self.name and "@" + self.spec_name not in self.imports:
            return self.spec_name
        prefix = self.name + "__"
        if local.startswith(prefix) and "@" + local[len(prefix) :] not in self.imports:
            return local[len(prefix) :]
        return None


@dataclass(frozen=True, slots=True)
class Links:
    """All links of one schema, by identity."""

    by_identity: Mapping[str, Link]

    def get(self, identity: str) -> Link | None:
        """The link to a specification, if there is one."""
        return self.by_identity.get(identity)

    def of_directive(self, local: str) -> tuple[Link, str] | None:
        """The link and element that a local directive name belongs to."""
        for link in self.by_identity.values():
            element = link.element_of_directive(local)
            if element is not None:
                return link, element
        return None


class LinkError(Exception):
    """A link that cannot be read; carries the error to report."""

    def __init__(self, code: str, message: str, at: At | None) -> None:
        super().__init__(message)
        self.code, self.message, self.at = code, message, at


def read_links(subgraph: str, directives: Iterable[Applied]) -> tuple[Links, list[CompositionError]]:
    """The links among a schema's directives, and what is wrong with them."""
    links: dict[str, Link] = {}
    errors: list[CompositionError] = []
    names: dict[str, str] = {}
    try:
        candidates = _link_directives(tuple(directives))
    except LinkError as error:
        return Links({}), [in_subgraph(subgraph, error.code, error.message, error.at)]
    for directive in candidates:
        try:
            link = _read(directive)
            if link.identity in links:
                raise LinkError(
                    "INVALID_LINK_DIRECTIVE_USAGE",
                    f"Duplicate inclusion of feature {link.identity}",
                    directive.at,
                )
            if link.name in names:
                raise LinkError(
                    "INVALID_LINK_DIRECTIVE_USAGE",
                    f"Two features are linked under the name {link.name}: {names[link.name]} and {link.url};"
                    " give one of them another name with `as`",
                    directive.at,
                )
            links[link.identity] = link
            names[link.name] = link.url
        except LinkError as error:
            errors.append(in_subgraph(subgraph, error.code, error.message, error.at))
    return Links(links), errors


def _link_directives(directives: tuple[Applied, ...]) -> tuple[Applied, ...]:
    """The applications of `@link`, under whatever name the link specification was given."""
    for directive in directives:
        url = text(directive.args, "url") or text(directive.args, "feature") or ""
        if url.startswith((LINK + "/", CORE + "/")):
            local = text(directive.args, "as") or _imports(directive).get("@link")
            if directive.name in (local, "core"):
                return tuple(d for d in directives if d.name == directive.name)
    return tuple(d for d in directives if d.name == "link")


def _read(directive: Applied) -> Link:
    url = text(directive.args, "url") or text(directive.args, "feature")
    if url is None:
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE",
            "the `url` argument of @link must be a string",
            directive.at,
        )
    identity, spec_name, version = split_url(url, directive.at)
    imports = _imports(directive)
    name = text(directive.args, "as") or spec_name
    purpose = directive.args.get("for")
    return Link(
        url=url,
        identity=identity,
        name=name,
        spec_name=spec_name,
        version=version,
        imports=imports,
        purpose=purpose.value if isinstance(purpose, EnumValueNode) else None,
        at=directive.at,
    )


def split_url(url: str, at: At | None = None) -> tuple[str, str, tuple[int, int]]:
    """Identity, name and version of a specification's URL; raises `LinkError`."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise LinkError("INVALID_LINK_IDENTIFIER", f"Invalid feature url '{url}': {error}", at) from None
    if not parts.scheme or not parts.netloc:
        raise LinkError("INVALID_LINK_IDENTIFIER", f"Invalid feature url '{url}': not an absolute URL", at)
    segments = [s for s in parts.path.split("/") if s]
    if not segments:
        raise LinkError("INVALID_LINK_IDENTIFIER", f"Missing path in feature url '{url}'", at)
    match = _VERSION.fullmatch(segments[-1])
    if match is None:
        raise LinkError(
            "INVALID_LINK_IDENTIFIER",
            f"Expected a version string (of the form v1.2), got {segments[-1]}",
            at,
        )
    if len(segments) < 2:
        raise LinkError("INVALID_LINK_IDENTIFIER", f"Missing feature name in feature url '{url}'", at)
    identity = f"{parts.scheme}://{parts.netloc}/" + "/".join(segments[:-1])
    return identity, segments[-2], (int(match[1]), int(match[2]))


def _imports(directive: Applied) -> dict[str, str]:
    node = directive.args.get("import")
    if node is None or isinstance(node, NullValueNode):
        return {}
    if not isinstance(node, ListValueNode):
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE",
            "the `import` argument of @link must be a list of names",
            directive.at,
        )
    imports: dict[str, str] = {}
    for item in node.values:
        if isinstance(item, StringValueNode):
            imports[item.value] = item.value.removeprefix("@")
            continue
        values = {f.name.value: f.value for f in item.fields} if isinstance(item, ObjectValueNode) else {}
        name, alias = text(values, "name"), text(values, "as")
        if name is None or not set(values) <= {"name", "as"}:
            raise LinkError(
                "INVALID_LINK_DIRECTIVE_USAGE",
                "each element of `import` must be a name or an object {name:, as:}",
                directive.at,
            )
        alias = alias or name
        if name.startswith("@") != alias.startswith("@"):
            rule = "start" if name.startswith("@") else "not start"
            raise LinkError(
                "INVALID_LINK_DIRECTIVE_USAGE",
                f'invalid alias "{alias}" for import name "{name}": should {rule} with \'@\'',
                directive.at,
            )
        imports[name] = alias.removeprefix("@")
    return imports

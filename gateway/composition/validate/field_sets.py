"""`@key`, `@requires` and `@provides`: where they may stand and what their `fields` may select."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graphql import StringValueNode, ValueNode

from gateway.composition.schema.literals import print_value
from gateway.composition.schema.model import COMPOSITE, Applied, Field, Kind, TypeDef, applications
from gateway.composition.schema.typeref import NonNull, base_name
from gateway.composition.subgraph.fieldset import (
    FieldSelection,
    FieldSetSyntaxError,
    Fragment,
    Selections,
    parse_field_set,
)
from gateway.composition.subgraph.usage import Usage

from .report import Report
from .values import fits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Policy:
    """What one of the three directives asks of its field set."""

    spec: str
    externals_only: bool
    """Leaf fields must be external."""
    arguments: bool
    """Fields may have arguments."""
    abstract: bool
    """Fields may be of interface or union type."""

    def code(self, suffix: str) -> str:
        return f"{self.spec.upper()}_{suffix}"


_KEY = _Policy(spec="key", externals_only=False, arguments=False, abstract=False)
_REQUIRES = _Policy(spec="requires", externals_only=True, arguments=True, abstract=True)
_PROVIDES = _Policy(spec="provides", externals_only=True, arguments=False, abstract=True)


def check_provided_types(report: Report) -> None:
    """`@provides` stands on fields that have selections; nothing else is checked before that."""
    if report.subgraph.is_federation_1:
        return
    types = report.subgraph.schema.types
    for definition in types.values():
        for field in definition.fields.values():
            target = types.get(base_name(field.type))
            for directive in applications(field.directives, "provides"):
                if target is None or target.kind not in COMPOSITE:
                    report(
                        "PROVIDES_ON_NON_OBJECT_FIELD",
                        f'Invalid @{directive.name} directive on field "{definition.name}.{field.name}": field has '
                        f'type "{field.type}" which is not a Composite Type',
                        directive.at,
                    )


def check_field_sets(report: Report, facts: Usage) -> None:
    """Check every field set of the subgraph."""
    subgraph = report.subgraph
    for definition in subgraph.schema.types.values():
        for key in applications(definition.directives, "key"):
            _check_key(report, facts, definition, key)
        for field in definition.fields.values():
            for directive in applications(field.directives, "requires"):
                _check_requires(report, facts, definition, field, directive)
            for directive in applications(field.directives, "provides"):
                _check_provides(report, facts, definition, field, directive)


def _check_key(report: Report, facts: Usage, definition: TypeDef, key: Applied) -> None:
    version = report.subgraph.version
    if definition.kind is Kind.INTERFACE and (2, 0) <= version < (2, 3):
        report(
            "KEY_UNSUPPORTED_ON_INTERFACE",
            f'Cannot use @{key.name} on interface "{definition.name}": @{key.name} is not yet supported on '
            "interfaces (it is from Federation 2.3 on)",
            key.at,
        )
        return
    place = f'On type "{definition.name}"'
    _check(report, facts, _KEY, place, key, definition)


def _check_requires(report: Report, facts: Usage, definition: TypeDef, field: Field, directive: Applied) -> None:
    if definition.kind is Kind.INTERFACE and not report.subgraph.is_federation_1:
        _on_interface(report, _REQUIRES, definition, field, directive)
    place = f'On field "{definition.name}.{field.name}"'
    _check(report, facts, _REQUIRES, place, directive, definition)


def _check_provides(report: Report, facts: Usage, definition: TypeDef, field: Field, directive: Applied) -> None:
    target = report.subgraph.schema.types.get(base_name(field.type))
    if definition.kind is Kind.INTERFACE and not report.subgraph.is_federation_1:
        _on_interface(report, _PROVIDES, definition, field, directive)
    if target is None or target.kind not in COMPOSITE:
        return
    place = f'On field "{definition.name}.{field.name}"'
    _check(report, facts, _PROVIDES, place, directive, target)


def _on_interface(report: Report, policy: _Policy, definition: TypeDef, field: Field, directive: Applied) -> None:
    report(
        policy.code("UNSUPPORTED_ON_INTERFACE"),
        f'Cannot use @{directive.name} on field "{definition.name}.{field.name}" of parent type '
        f'"{definition.name}": @{directive.name} is not yet supported within interfaces',
        directive.at,
    )


def _check(report: Report, facts: Usage, policy: _Policy, place: str, directive: Applied, target: TypeDef) -> None:
    written = directive.args.get("fields")
    if written is None:
        return
    prefix = f"{place}, for @{directive.name}(fields: {_shown(written)}): "

    def wrong(suffix: str, message: str) -> None:
        report(policy.code(suffix), prefix + message, directive.at)

    if not isinstance(written, StringValueNode):
        if not report.subgraph.is_federation_1:
            wrong("INVALID_FIELDS_TYPE", 'Invalid value for argument "fields": must be a string.')
        return
    try:
        selections = parse_field_set(written.value)
    except FieldSetSyntaxError as error:
        wrong("INVALID_FIELDS", f"{error}.".replace("..", "."))
        return
    _Walk(report, facts, policy, directive, wrong).selections(target, selections, in_external=False)


def _shown(value: ValueNode) -> str:
    return print_value(value)


@dataclass(slots=True)
class _Walk:
    report: Report
    facts: Usage
    policy: _Policy
    directive: Applied
    wrong: Callable[[str, str], None]

    def selections(self, parent: TypeDef, selections: Selections, *, in_external: bool) -> None:
        for item in selections:
            if item.directives and not self._directives(item.directives):
                return
            match item:
                case FieldSelection():
                    self._field(parent, item, in_external=in_external)
                case Fragment():
                    self._fragment(parent, item, in_external=in_external)

    def _directives(self, names: tuple[str, ...]) -> bool:
        """Report directives in the field set; False where one is unknown."""
        for name in names:
            if name not in self.report.subgraph.definitions:
                self.wrong("INVALID_FIELDS", f'Unknown directive "@{name}"')
                return False
        shown = " ".join(f"@{n}" for n in names)
        self.wrong(
            "DIRECTIVE_IN_FIELDS_ARG",
            f"cannot have directive applications in the @{self.directive.name}(fields:) argument but found {shown}.",
        )
        return True

    def _fragment(self, parent: TypeDef, item: Fragment, *, in_external: bool) -> None:
        schema = self.report.subgraph.schema
        target = schema.types.get(item.condition) if item.condition else parent
        if target is None:
            self.wrong("INVALID_FIELDS", f'Unknown type "{item.condition}".')
            return
        possible = set(schema.possible_types(parent.name))
        if target.kind not in COMPOSITE or not possible & set(schema.possible_types(target.name)):
            self.wrong(
                "INVALID_FIELDS",
                f'Invalid fragment: cannot be of type "{target.name}" inside the parent type "{parent.name}"',
            )
            return
        self.selections(target, item.selections, in_external=in_external)

    def _field(self, parent: TypeDef, item: FieldSelection, *, in_external: bool) -> None:
        if item.name == "__typename":
            return
        field = parent.fields.get(item.name)
        coordinate = f"{parent.name}.{item.name}"
        if field is None:
            self._unknown(parent, item.name)
            return
        if field.args and not self.policy.arguments:
            self.wrong(
                "FIELDS_HAS_ARGS",
                f"field {coordinate} cannot be included because it has arguments (fields with argument are not "
                f"allowed in @{self.directive.name})",
            )
        self._arguments(coordinate, field, item)
        target = self.report.subgraph.schema.types.get(base_name(field.type))
        composite = target is not None and target.kind in COMPOSITE
        if composite and not item.selections:
            self.wrong(
                "INVALID_FIELDS",
                f'Invalid empty selection set for field "{coordinate}" of non-leaf type {field.type}',
            )
            return
        if not composite and item.selections is not None:
            self.wrong(
                "INVALID_FIELDS",
                f'Invalid selection set for field "{coordinate}": its type {field.type} has no fields',
            )
            return
        if not self.policy.abstract and target is not None and target.kind in (Kind.INTERFACE, Kind.UNION):
            self.wrong(
                "FIELDS_SELECT_INVALID_TYPE",
                f'field "{coordinate}" is a {target.kind.value} type which is not allowed in @{self.directive.name}',
            )
        external = self._is_external(parent, item.name)
        if not composite:
            if self.policy.externals_only and not external and not in_external:
                self._not_external(parent, item.name)
            return
        assert target is not None
        self.selections(target, item.selections or (), in_external=in_external or external)

    def _unknown(self, parent: TypeDef, name: str) -> None:
        if self.policy.spec == "key":
            advice = (
                "the field should either be added to this subgraph or, if it should not be resolved by this "
                "subgraph, you need to add it to this subgraph with @external"
            )
        else:
            advice = "if the field is defined in another subgraph, you need to add it to this subgraph with @external"
        self.wrong("INVALID_FIELDS", f'Cannot query field "{name}" on type "{parent.name}" ({advice}).')

    def _arguments(self, coordinate: str, field: Field, item: FieldSelection) -> None:
        types = self.report.subgraph.schema.types
        for name, value in item.args:
            expected = field.args.get(name)
            if expected is None:
                self.wrong("INVALID_FIELDS", f'Unknown argument "{name}" for field "{coordinate}".')
            elif not fits(value, expected.type, types):
                self.wrong(
                    "INVALID_FIELDS", f'Invalid value for argument "{coordinate}({name}:)": {print_value(value)}.'
                )
        for name, expected in field.args.items():
            required = isinstance(expected.type, NonNull) and expected.default is None
            if self.policy.arguments and required and name not in dict(item.args):
                self.wrong("INVALID_FIELDS", f'Missing mandatory value for argument "{coordinate}({name}:)".')

    def _is_external(self, parent: TypeDef, name: str) -> bool:
        if (parent.name, name) in self.facts.external:
            return True
        if parent.kind is not Kind.INTERFACE:
            return False
        implementations = self.report.subgraph.schema.implementations(parent.name)
        return any((t.name, name) in self.facts.external for t in implementations)

    def _not_external(self, parent: TypeDef, name: str) -> None:
        if self.report.subgraph.is_federation_1:
            return
        coordinate = f"{parent.name}.{name}"
        if (parent.name, name) in self.facts.fake_external:
            reason = (
                'it is already "effectively" provided by this subgraph (while it is marked @external, it is a @key '
                "field of an extension type, which are not internally considered external for "
                "historical/backward compatibility reasons)"
            )
        else:
            reason = "it is already provided by this subgraph (it is not marked @external)"
        self.wrong(
            "FIELDS_MISSING_EXTERNAL",
            f'field "{coordinate}" should not be part of a @{self.directive.name} since {reason}',
        )

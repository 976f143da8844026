"""Tokens to syntax tree: recursive descent over the JSONSelection grammar of connect v0.3.

Accepted beyond v0.3, because it was a parse error there and so changes the meaning of nothing:
`...` spreads, commas between the items of a selection, numbers, arrays and `??` chains behind an alias,
`{ key }` as short for `{ key: key }` in an object literal, and a whole mapping that is one `{ }` literal.
As in v0.3, a quoted string, `true`, `false` or `null` directly behind an alias is a key, not a literal.
"""

from dataclasses import replace
from typing import Literal as Choice

from connectors.mapping.errors import MappingError
from connectors.mapping.lexer import Kind, Position, Source, Token
from connectors.mapping.syntax import (
    ArrayLiteral,
    Coalesce,
    Current,
    Dollar,
    Expression,
    Field,
    Head,
    KeyStep,
    Literal,
    Member,
    MethodStep,
    ObjectLiteral,
    Path,
    SelectStep,
    Spread,
    Step,
    Variable,
    Wrapped,
)

_KEYWORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_MOST_NESTED = 60


class Parser:
    """One pass over one list of tokens."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self._source = source
        self._tokens = tokens
        self._index = 0
        self._depth = 0

    def document(self) -> Expression:
        """A whole mapping: a list of fields, one anonymous path, or one literal."""
        start = self._token
        if start.text in ("{", "[") or start.kind is Kind.NUMBER:
            value = self.expression()
            self._expect_end()
            return value
        members = self._members("")
        return self._block_or_value(members, self._at(start))

    def sole_expression(self) -> Expression:
        """One expression that fills the text, as between the braces of a template."""
        value = self.expression()
        self._expect_end()
        return value

    def expression(self) -> Expression:
        """A literal expression: literals, paths, `??` chains."""
        self._enter()
        value = self._chain(self._operand())
        self._depth -= 1
        return value

    def _chain(self, first: Expression) -> Expression:
        if self._token.text not in ("??", "?!"):
            return first
        start, operands = self._token, [first]
        operator: Choice["??", "?!"] = "??" if start.text == "??" else "?!"
        while self._token.text in ("??", "?!"):
            if self._token.text != operator:
                raise self._error("MIXED_OPERATORS", "`??` and `?!` cannot be mixed in one chain; wrap one in `$(…)`")
            self._advance()
            operands.append(self._operand())
        return Coalesce(operator=operator, operands=tuple(operands), position=self._at(start))

    def _operand(self) -> Expression:
        token = self._token
        literal = self._literal()
        if literal is None:
            return self._path()
        if self._token.text in (".", "->", "?"):
            return self._path_from(Wrapped(expression=literal), (), self._at(token), select=False)
        return literal

    def _literal(self) -> Expression | None:
        token, position = self._token, self._at(self._token)
        if token.kind in (Kind.STRING, Kind.NUMBER):
            self._advance()
            return Literal(value=token.value, position=position)
        if token.kind is Kind.NAME and token.text in _KEYWORDS:
            self._advance()
            return Literal(value=_KEYWORDS[token.text], position=position)
        if token.text == "[":
            self._advance()
            return ArrayLiteral(items=self._expressions("]"), position=position)
        if token.text == "{":
            self._advance()
            return ObjectLiteral(members=self._members("}", literal=True), position=position)
        return None

    def _expressions(self, closing: str) -> tuple[Expression, ...]:
        items: list[Expression] = []
        while self._token.text != closing or self._token.kind is not Kind.MARK:
            items.append(self.expression())
            if self._token.text == ",":
                self._advance()
            elif self._token.text != closing:
                raise self._expected(f"`,` or `{closing}`")
        self._advance()
        return tuple(items)

    def _path(self) -> Path:
        token, position = self._token, self._at(self._token)
        if token.kind in (Kind.NAME, Kind.STRING):
            self._advance()
            first = KeyStep(name=str(token.value), optional=self._question(), position=position)
            return self._path_from(Dollar(implicit=True), (first,), position)
        head: Head
        if token.text == "$(":
            self._advance()
            head = Wrapped(expression=self.expression())
            self._expect(")")
        elif token.text == "$":
            self._advance()
            head = Dollar()
        elif token.text == "@":
            self._advance()
            head = Current()
        elif token.kind is Kind.VARIABLE:
            self._advance()
            head = Variable(name=token.text)
        else:
            raise self._expected("a key, `$`, `@`, a variable or a literal")
        return self._path_from(head, (), position)

    def _path_from(self, head: Head, first: tuple[Step, ...], position: Position, *, select: bool = True) -> Path:
        optional = False if first else self._question()
        steps = list(first)
        while True:
            token = self._token
            if token.text == ".":
                self._advance()
                key = self._token
                if key.kind not in (Kind.NAME, Kind.STRING):
                    raise self._expected("a key behind `.`")
                self._advance()
                steps.append(KeyStep(name=str(key.value), optional=self._question(), position=self._at(key)))
            elif token.text == "->":
                self._advance()
                steps.append(self._method())
            else:
                break
        if select and self._token.text == "{":
            steps.append(self._select())
        return Path(head=head, optional=optional, steps=tuple(steps), position=position)

    def _method(self) -> MethodStep:
        name = self._token
        if name.kind is not Kind.NAME:
            raise self._expected("a method name behind `->`")
        self._advance()
        arguments: tuple[Expression, ...] = ()
        if self._token.text == "(":
            self._enter()
            self._advance()
            arguments = self._expressions(")")
            self._depth -= 1
        return MethodStep(name=name.text, arguments=arguments, optional=self._question(), position=self._at(name))

    def _select(self) -> SelectStep:
        start = self._token
        self._enter()
        self._expect("{")
        members = self._members("}")
        self._depth -= 1
        return SelectStep(members=members, position=self._at(start))

    def _members(self, closing: str, *, literal: bool = False) -> tuple[Member, ...]:
        """The items up to `closing` (empty text: the end), separated by commas throughout or not at all."""
        members: list[Member] = []
        commas: bool | None = None
        while not self._closes(closing):
            members.append(self._member(literal=literal))
            has_comma = self._token.text == ","
            if has_comma:
                comma = self._token
                self._advance()
            if commas is None:
                commas = has_comma
            elif commas and not has_comma and not self._closes(closing):
                raise self._error("MIXED_SEPARATORS", "expected `,`: this list is separated by commas")
            elif has_comma and not commas:
                raise self._located("MIXED_SEPARATORS", "this list is separated by white space, not by `,`", comma)
        if closing:
            self._advance()
        self._check_members(members)
        match members:
            case [Spread(explicit=False) as sole]:
                return (replace(sole, sole=True),)
        return tuple(members)

    def _closes(self, closing: str) -> bool:
        if self._token.kind is Kind.END:
            if closing:
                raise self._expected(f"a field or `{closing}`")
            return True
        return self._token.kind is Kind.MARK and self._token.text == closing

    def _member(self, *, literal: bool) -> Member:
        token, position = self._token, self._at(self._token)
        if token.text == "...":
            self._advance()
            return Spread(value=self._chain(self._path()), explicit=True, sole=False, position=position)
        if token.kind in (Kind.NAME, Kind.STRING) and self._tokens[self._index + 1].text == ":":
            self._advance()
            self._advance()
            value = self.expression() if literal else self._aliased()
            return Field(name=str(token.value), value=value, position=position)
        if token.text == ":" or token.kind is Kind.NUMBER:
            raise self._expected("a field name")
        path = self._path()
        value = self._chain(path)
        name = _single_key(path) if value is path else None
        if name is not None:
            return Field(name=name, value=path, position=position)
        return Spread(value=value, explicit=False, sole=False, position=position)

    def _aliased(self) -> Expression:
        """What follows `alias:` in a selection: a group, a path, or a literal that cannot be read as a key."""
        token = self._token
        if token.text == "{":
            group = self._select()
            return Path(head=Dollar(), optional=False, steps=(group,), position=self._at(token))
        if token.text == "[" or token.kind is Kind.NUMBER:
            return self.expression()
        return self._chain(self._path())

    def _check_members(self, members: list[Member]) -> None:
        seen: set[str] = set()
        for member in members:
            where = member.position
            if isinstance(member, Field):
                if member.name in seen:
                    message = f"the field `{member.name}` is selected twice"
                    raise MappingError("DUPLICATE_FIELD", message, where.line, where.column)
                seen.add(member.name)
            elif not member.explicit and len(members) > 1 and not _selects(member.value):
                message = "this value has no name: put `alias:` before it or `{ … }` behind it"
                raise MappingError("ANONYMOUS_FIELD", message, where.line, where.column)

    def _block_or_value(self, members: tuple[Member, ...], position: Position) -> Expression:
        match members:
            case (Spread(sole=True, value=value),):
                return value
        block = SelectStep(members=members, position=position)
        return Path(head=Dollar(), optional=False, steps=(block,), position=position)

    @property
    def _token(self) -> Token:
        return self._tokens[self._index]

    def _advance(self) -> None:
        if self._token.kind is not Kind.END:
            self._index += 1

    def _question(self) -> bool:
        found = self._token.text == "?"
        while self._token.text == "?":
            self._advance()
        return found

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise self._error("TOO_DEEP", f"a mapping nests at most {_MOST_NESTED} levels")

    def _expect(self, text: str) -> None:
        if self._token.text != text or self._token.kind is not Kind.MARK:
            raise self._expected(f"`{text}`")
        self._advance()

    def _expect_end(self) -> None:
        if self._token.kind is not Kind.END:
            raise self._expected("the end")

    def _expected(self, what: str) -> MappingError:
        return self._error("SYNTAX", f"expected {what}, found {self._token.describe()}")

    def _error(self, code: str, message: str) -> MappingError:
        return self._located(code, message, self._token)

    def _located(self, code: str, message: str, token: Token) -> MappingError:
        return self._source.error(code, message, token.start)

    def _at(self, token: Token) -> Position:
        return self._source.position(token.start)


def _single_key(path: Path) -> str | None:
    """The output name of `key` or `key { … }`, which alone among paths name themselves."""
    match path:
        case Path(head=Dollar(implicit=True), steps=(KeyStep(name=name),)):
            return name
        case Path(head=Dollar(implicit=True), steps=(KeyStep(name=name), SelectStep())):
            return name
        case _:
            return None


def _selects(value: Expression) -> bool:
    match value:
        case Path(steps=(*_, SelectStep())):
            return True
        case Coalesce(operands=operands):
            return all(isinstance(item, ObjectLiteral) or _selects(item) for item in operands)
        case _:
            return False

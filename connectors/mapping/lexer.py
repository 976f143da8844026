"""Text to tokens, with positions. First stage of the pipeline; white space and `#` comments end here."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from connectors.mapping.errors import MappingError

MOST_CHARACTERS = 262_144
_MOST_DIGITS = 100


class Kind(Enum):
    """What a token is; punctuation is told apart by its text."""

    NAME = "a name"
    STRING = "a quoted string"
    NUMBER = "a number"
    VARIABLE = "a variable"
    MARK = "punctuation"
    END = "the end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token: its source text, its value (a name, an unescaped string, a number) and where it starts."""

    kind: Kind
    text: str
    value: str | int | Decimal
    start: int
    end: int

    def describe(self) -> str:
        """The token as an error message names it."""
        return "the end" if self.kind is Kind.END else f"`{self.text}`"


_TOKEN = re.compile(
    r"""
      (?P<space>   (?: [\x20\t\r\n]+ | \#[^\n]* )+ )
    | (?P<name>    [A-Za-z_][0-9A-Za-z_]* )
    | (?P<variable>\$[A-Za-z_][0-9A-Za-z_]* )
    | (?P<string>  '(?:\\.|[^'\\])*' | "(?:\\.|[^"\\])*" )
    | (?P<number>  -?(?: [0-9]+(?:\.(?!\.)[0-9]*)? | \.[0-9]+ ) )
    | (?P<mark>    \.\.\. | -> | \?\? | \?! | \$\( | [{}()\[\]:,.?$@] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(['\"\\])")


class Source:
    """A text and its line starts."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        if len(text) > MOST_CHARACTERS:
            raise MappingError("TOO_LONG", f"a mapping has at most {MOST_CHARACTERS} characters")

    def position(self, offset: int) -> Position:
        """The line and column of a character offset."""
        line = bisect_right(self._starts, offset)
        return Position(line=line, column=offset - self._starts[line - 1] + 1)

    def error(self, code: str, message: str, offset: int) -> MappingError:
        """An error located at a character offset."""
        where = self.position(offset)
        return MappingError(code, message, where.line, where.column)


def tokenize(source: Source, start: int = 0, *, until_brace: bool = False) -> list[Token]:
    """All tokens from `start`, the last of kind `END`.

    With `until_brace` the unmatched `}` that closes an expression in a template ends the tokens;
    the `END` token stands at that brace.
    """
    tokens = list(_scan(source, start, until_brace=until_brace))
    if until_brace and tokens[-1].start == len(source.text):
        raise source.error("SYNTAX", "expected `}` to close this expression", start - 1)
    return tokens


def _scan(source: Source, start: int, *, until_brace: bool) -> Iterator[Token]:
    text, offset, depth = source.text, start, 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            quote = text[offset] in "'\""
            message = "this string is not closed" if quote else f"unexpected character {text[offset]!r}"
            raise source.error("SYNTAX", message, offset)
        kind, found = match.lastgroup, match.group()
        if found == "{":
            depth += 1
        elif found == "}":
            if until_brace and depth == 0:
                break
            depth -= 1
        if kind != "space":
            yield _token(source, kind or "", found, offset)
        offset = match.end()
    yield Token(kind=Kind.END, text="", value="", start=offset, end=offset)


def _token(source: Source, kind: str, found: str, offset: int) -> Token:
    value: str | int | Decimal = found
    if kind == "string":
        value = _ESCAPE.sub(r"\1", found[1:-1])
    elif kind == "number":
        if len(found) > _MOST_DIGITS:
            raise source.error("SYNTAX", f"a number has at most {_MOST_DIGITS} digits", offset)
        value = Decimal(found) if "." in found else int(found)
    return Token(kind=Kind[kind.upper()], text=found, value=value, start=offset, end=offset + len(found))

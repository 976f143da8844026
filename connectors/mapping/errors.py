"""What can be wrong with a mapping: before it runs (errors) and while it runs (problems).

::

    MappingError   the mapping or template itself is wrong, or a template cannot be rendered safely
    Problem        the data did not look as the mapping expected; the mapping went on without that value

Codes of `MappingError` while parsing:
`SYNTAX` (with what was expected), `TOO_DEEP`, `TOO_LONG`, `MIXED_SEPARATORS`, `MIXED_OPERATORS`, `DUPLICATE_FIELD`,
`ANONYMOUS_FIELD`, `UNKNOWN_METHOD`, `METHOD_ARGUMENTS`, `UNKNOWN_VARIABLE`, `RESERVED_VARIABLE`,
`BODY_NOT_AVAILABLE`, and for templates `EXPRESSION_IN_HOST`, `INVALID_URL`, `INVALID_HEADER`.
While rendering a template: `NULL_VALUE`, `NOT_A_SCALAR`, `UNSAFE_SEGMENT`, `INVALID_HEADER`, `UNENCODABLE`,
or the code of a problem.
While loading JSON: `INVALID_JSON`.

Codes of `Problem`: `MISSING_KEY`, `NULL_PARENT`, `NOT_AN_OBJECT`, `MISSING_VARIABLE`, `TYPE_MISMATCH`, `NO_MATCH`,
`OUT_OF_RANGE`, `NOT_CONVERTIBLE`, `SPREAD_NOT_OBJECT`, `INEXACT_NUMBER`, `NO_PSEUDONYM_KEY`, `TOO_DEEP`.
No message holds a value of the data, only key names and JSON types.
"""

from dataclasses import dataclass

ABSENCE_CODES = frozenset({"MISSING_KEY", "NULL_PARENT", "MISSING_VARIABLE"})
"""Problems that say no more than "it was not there"; a template treats them as null."""


class MappingError(Exception):
    """A mapping or template that cannot be used, with a stable code and where it is wrong (1-based)."""

    def __init__(self, code: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"{line}:{column}: {message} [{code}]")
        self.code = code
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One complaint about the data: `count` values failed at this place of the mapping for this reason."""

    code: str
    message: str
    line: int
    column: int
    path: str
    count: int

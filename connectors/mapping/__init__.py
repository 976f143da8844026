"""The mapping language of connectors: JSON of a platform → fields of the schema, and values → requests.

It is Apollo Connectors' JSONSelection (connect v0.3; `specs.apollo.dev/connect`), parsed and compiled to closures.
Pure: no I/O, no clock, same input, same output.

::

    text ─ lexer ─ parser ─ check ─▶ Selection ─ prune ─ compiler ─▶ mapper(data, variables) → (value, problems)
                                        └─ infer ─▶ output fields, input paths

In reading order: `errors`, `json_values` and `exact` (values and numbers), `lexer`, `syntax`, `parser`, `check`,
`run` and `compiler`, `methods/` (one module per kind), `prune`, `shape`, `infer`, `selection` (the API for mappings),
`template_parts`, `url` and `template` (the API for URLs, headers, forms).

**Numbers.** Load JSON with `load_json`: numbers with a fraction become `Decimal` and keep their digits.
Arithmetic is exact decimal arithmetic; mapped numbers are `int` or `Decimal` (a `Float` field converts at the edge).

**Absence.** A missing value leaves its field out and is a `Problem`; `?` behind a step that may be null or missing
says that this is no surprise. In a list a missing value is null, so that positions stay.
`a ?? b` replaces null and missing, `a ?! b` missing only. A spread (`...`) of null makes the whole object null.

**Where the specification leaves a choice, ours is:** `->slice` and `->get` count negative positions from the end;
`->first` and `->last` of a value that is no list is the value; `->parseInt` drops a number's fraction;
`->joinNotNull` of null is null; a remainder has the sign of the dividend; a field named twice is an error.
From v0.4 the mappings may already use what v0.3 could not parse: spreads, commas, bare numbers and arrays,
unwrapped `??` chains (`parser` has the list).

**Methods of our own** (not Apollo's; all begin with `gig_`, a prefix that Apollo's camelCase names cannot take):

=================================  =====================================================================
`->gig_epoch(unit?)`               seconds since 1970 (`"s"`, `"ms"`, `"us"`) → `2024-05-01T10:00:00Z`
`->gig_date(pattern?)`             `20240501` (or `"MM/dd/yyyy"`, …) → `2024-05-01`
`->gig_utc(zone?, pattern?)`       local time and zone or offset → RFC 3339 in UTC; an offset in the text wins;
                                   ambiguous local times are the earlier instant
`->gig_seconds(unit)`              a duration in `"ms" "s" "min" "h" "d" "iso" "clock"` → seconds
`->gig_money(digits?)`             a number or decimal string → decimal string, all digits kept, padded, never rounded
`->gig_minor(digits?)`             whole minor units (cents) → decimal string
`->gig_meters(unit)`               `"m" "km" "mi" "ft" "yd"` → meters, to the millimeter
`->gig_ratio(worst, best)`         a rating on its scale → 0 to 1, six places; outside the scale is a problem
`->gig_redacted`                   null, withheld because it is somebody else's; `provenance { missing }` says so
`->gig_email`                      an e-mail address as it is compared: trimmed, in lower case
`->gig_pseudonym(scope)`           HMAC-SHA-256 pseudonym under the installation's key (variable `PSEUDONYM_KEY`,
                                   which no mapping can name)
=================================  =====================================================================

Patterns know `yyyy MM M dd d HH H hh h mm ss SSS a` and quoted text (`'T'`); everything else is literal.
"""

from connectors.mapping.check import APOLLO_VARIABLES, REQUEST_VARIABLES
from connectors.mapping.errors import MappingError, Problem
from connectors.mapping.json_values import REDACTED, Json, dump_json, load_json
from connectors.mapping.prune import FieldTree
from connectors.mapping.run import PSEUDONYM_KEY
from connectors.mapping.selection import Mapper, Selection, compile_selection, find_errors, parse_selection
from connectors.mapping.shape import (
    AnyShape,
    InputPath,
    ListShape,
    ObjectShape,
    OneOfShape,
    ScalarShape,
    Shape,
)
from connectors.mapping.template import Template, TemplateKind, parse_template
from connectors.mapping.url import render_path, render_query

__all__ = [
    "APOLLO_VARIABLES",
    "PSEUDONYM_KEY",
    "REDACTED",
    "REQUEST_VARIABLES",
    "AnyShape",
    "FieldTree",
    "InputPath",
    "Json",
    "ListShape",
    "Mapper",
    "MappingError",
    "ObjectShape",
    "OneOfShape",
    "Problem",
    "ScalarShape",
    "Selection",
    "Shape",
    "Template",
    "TemplateKind",
    "compile_selection",
    "dump_json",
    "find_errors",
    "load_json",
    "parse_selection",
    "parse_template",
    "render_path",
    "render_query",
]

"""Bodies as JSON, whatever they came as: JSON with exact numbers, XML, CSV."""

from __future__ import annotations

import csv
import io
from typing import Any, NoReturn, assert_never
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from connectors.mapping import MappingError, load_json
from connectors.schema.definition import BodyFormat
from connectors.transport import UpstreamMalformedError

Json = Any

_DEEPEST = 40
_MOST_ROWS = 200_000


def read_body(body: bytes, form: BodyFormat) -> Json:
    """Return a body as JSON. Raises `UpstreamMalformedError`."""
    match form.kind:
        case "JSON":
            try:
                return load_json(body)
            except MappingError:
                raise UpstreamMalformedError("The platform's answer is not JSON.") from None
        case "XML":
            return _read_xml(body, form)
        case "CSV":
            return _read_csv(body, form)
        case _:
            assert_never(form.kind)


def _read_xml(body: bytes, form: BodyFormat) -> Json:
    """Read XML without a document type, so that there are no entities to expand or to fetch."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(body, True)
        root = builder.close()
    except (expat.ExpatError, ValueError, LookupError, AssertionError):
        raise UpstreamMalformedError("The platform's answer is not XML.") from None
    return {root.tag: _element(root, form, 0)}


def _refuse_doctype(*_: object) -> NoReturn:
    raise UpstreamMalformedError("The platform's XML declares a document type.")


def _element(element: Element, form: BodyFormat, depth: int) -> Json:
    if depth > _DEEPEST:
        raise UpstreamMalformedError("The platform's XML is nested too deeply.")
    if not len(element) and not element.attrib:
        text = (element.text or "").strip()
        return text or None
    found: dict[str, Json] = {f"@{name}": value for name, value in element.attrib.items()}
    for child in element:
        value = _element(child, form, depth + 1)
        if child.tag in form.lists:
            found.setdefault(child.tag, []).append(value)
        elif child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    text = (element.text or "").strip()
    if text and not len(element):
        found["#text"] = text
    return found


def _read_csv(body: bytes, form: BodyFormat) -> Json:
    try:
        text = body.decode(form.encoding).removeprefix("\ufeff")
        rows: list[Json] = []
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=form.delimiter, strict=True):
            if len(rows) >= _MOST_ROWS:
                raise UpstreamMalformedError("The platform's file has too many rows.")
            rows.append({name.strip(): value or None for name, value in row.items() if name is not None})
    except (UnicodeDecodeError, LookupError, csv.Error, AttributeError):
        raise UpstreamMalformedError("The platform's answer is not CSV.") from None
    return rows

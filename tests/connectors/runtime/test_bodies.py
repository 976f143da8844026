"""Bodies as JSON, whatever they came as."""

from decimal import Decimal
from typing import Any

import pytest

from connectors.runtime.bodies import read_body
from connectors.schema.definition import BodyFormat
from connectors.transport import UpstreamMalformedError

XML = BodyFormat(kind="XML", lists=frozenset({"gig"}))
CSV = BodyFormat(kind="CSV")


@pytest.mark.parametrize(
    ("body", "form", "expected"),
    [
        (b'{"pay": 12.50, "ids": [1]}', BodyFormat(), {"pay": Decimal("12.50"), "ids": [1]}),
        (b"<gigs><gig><id>1</id></gig></gigs>", XML, {"gigs": {"gig": [{"id": "1"}]}}),
        (b"<a><b>1</b><b>2</b><b>3</b><c/></a>", XML, {"a": {"b": ["1", "2", "3"], "c": None}}),
        (
            b'<a id="7"><pay currency="USD"> 12.50 </pay><note lang="en"/></a>',
            XML,
            {"a": {"@id": "7", "pay": {"@currency": "USD", "#text": "12.50"}, "note": {"@lang": "en"}}},
        ),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("latin-1"), XML, {"a": "é"}),
        (b"<p:a xmlns:p='urn:x'><p:b>1</p:b></p:a>", XML, {"p:a": {"@xmlns:p": "urn:x", "p:b": "1"}}),
        (b"id,pay\r\n1,12.50\r\n2,\r\n", CSV, [{"id": "1", "pay": "12.50"}, {"id": "2", "pay": None}]),
        (b'\xef\xbb\xbfid,note\n1,"a, ""b""\nc"\n', CSV, [{"id": "1", "note": 'a, "b"\nc'}]),
        (b"id,pay\n1\n2,3,4\n", CSV, [{"id": "1", "pay": None}, {"id": "2", "pay": "3"}]),
        (b"id,pay\n", CSV, []),
        (
            "namn;lön\nÅsa;1\n".encode("cp1252"),
            BodyFormat(kind="CSV", delimiter=";", encoding="cp1252"),
            [{"namn": "Åsa", "lön": "1"}],
        ),
    ],
)
def test_body_is_read_as_json(body: bytes, form: BodyFormat, expected: Any) -> None:
    assert read_body(body, form) == expected


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"<html>", BodyFormat()),
        (b'{"a": NaN}', BodyFormat()),
        (b"<a><b></a>", XML),
        (b"", XML),
        (b'<!DOCTYPE a [<!ENTITY b "bomb">]><a>&b;</a>', XML),
        (b'<!DOCTYPE a SYSTEM "http://evil.example/a.dtd"><a/>', XML),
        (b"<a>" * 60 + b"</a>" * 60, XML),
        (b"id,pay\n\xff,1\n", CSV),
        (b'id\n"open\n', CSV),
        (b"id\n" + b"x" * 200_000 + b"\n", CSV),
        (b"id\n" + b"1\n" * 200_001, CSV),
    ],
    ids=range(11),
)
def test_body_that_is_something_else_is_malformed(body: bytes, form: BodyFormat) -> None:
    with pytest.raises(UpstreamMalformedError):
        read_body(body, form)

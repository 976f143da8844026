"""Damage done to response bodies: renamed and retyped fields, cut JSON, endless JSON."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import orjson

__all__ = ["cut", "padded", "renamed", "retyped"]

_CHUNK = b"x" * 65_536


def renamed(body: bytes, names: Mapping[str, str]) -> bytes:
    """Return a body with fields renamed: JSON members at any depth, XML elements, or columns of a CSV header."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _with_renamed_text(body, names)
    return orjson.dumps(_rename(document, names))


def _rename(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(name, name): _rename(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [_rename(item, names) for item in value]
    return value


def _with_renamed_text(body: bytes, names: Mapping[str, str]) -> bytes:
    is_xml = body.lstrip().startswith(b"<")
    head, line_end, rest = (body, b"", b"") if is_xml else body.partition(b"\n")
    for old, new in names.items():
        pattern = rf"(?<=<){old}(?=[\s/>])|(?<=</){old}(?=>)" if is_xml else rf"\b{old}\b"
        head = re.sub(pattern.encode(), new.encode(), head)
    return head + line_end + rest


def retyped(body: bytes, names: Collection[str]) -> bytes:
    """Return a JSON body in which the values of these fields have another type; another body as it is."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    return orjson.dumps(_retype(document, names))


def _retype(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {name: _other_type(item) if name in names else _retype(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [_retype(item, names) for item in value]
    return value


def _other_type(value: Any) -> Any:
    match value:
        case None:
            return None
        case str():
            return [value]
        case bool() | int() | float():
            return str(value)
        case _:
            return orjson.dumps(value).decode()


def cut(body: bytes) -> bytes:
    """Return the first two thirds of a body, never all of it."""
    return body[: len(body) * 2 // 3]


def padded(body: bytes, mebibytes: int) -> Iterator[bytes]:
    """Yield a JSON object's body with a padding field of this size put first; another body is followed by it."""
    is_object = body.startswith(b"{")
    yield b'{"padding":"' if is_object else body
    for _ in range(mebibytes * 16):
        yield _CHUNK
    if is_object:
        rest = body[1:].lstrip()
        yield b'"' + (rest if rest.startswith(b"}") else b"," + rest)

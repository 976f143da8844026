"""Fills the template in."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from urllib.parse import urlsplit

from connectors.schema.rules import prefix_of

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


class BadParameterError(ValueError):
    """A parameter of the template that cannot be used; `parameter` is its name."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter = parameter


def connector_sdl(name: str, display_name: str, url: str) -> str:
    """Return the connector of the platform whose endpoint of the contract is `url`. Raises `BadParameterError`."""
    if not _NAME.fullmatch(name) or len(name) > 32:
        raise BadParameterError("name", "write up to 32 lower-case letters and digits, words joined by _")
    if not display_name.strip() or not display_name.isprintable() or len(display_name) > 80:
        raise BadParameterError("display-name", "write the platform's name for people, up to 80 characters")
    parts = urlsplit(url)
    is_plain = url.isascii() and url.isprintable() and not set(url) & set('{}" ')
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or not is_plain:
        raise BadParameterError("url", "write the https address of the endpoint, without credentials")
    if parts.query or parts.fragment:
        raise BadParameterError("url", "write the address without query and fragment")
    text = files("connectors.open_platforms").joinpath("template.graphql").read_text(encoding="utf-8")
    values = {
        "__NAME__": _text(name),
        "__DISPLAY_NAME__": _text(display_name.strip()),
        "__REFERENCE__": _text(f"The e-mail address that {display_name.strip()} knows you by"),
        "__ORIGIN__": _text(f"https://{parts.netloc}"),
        "__PATH__": _text(parts.path or "/"),
        "__PREFIX__": prefix_of(name),
    }
    return re.sub("|".join(values), lambda mark: values[mark[0]], text)


def _text(value: str) -> str:
    """Return a GraphQL string literal; JSON's are such."""
    return json.dumps(value, ensure_ascii=False)

"""Which document a request means: the text that it brings, or one that is known by an id.

* Trusted documents: the operator's manifest (id → document). `allow` accepts them beside any other text, `require`
  accepts nothing else.
* Automatic persisted queries: a client sends a document once with its SHA-256 hash and afterwards the hash alone
  (`extensions.persistedQuery`, version 1). They are kept in memory, the ones used last, within a bound.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.config import SettingsError
from gateway.server.http_request import GraphQLParameters, Refused

SHA256: Final = "sha256:"
KEPT_BYTES: Final = 16_000_000

NOT_FOUND = Refused(status=200, code="PERSISTED_QUERY_NOT_FOUND", message="PersistedQueryNotFound")
"""The message and the status are what clients of the protocol look for before they send the whole document."""

NOT_SUPPORTED = Refused(status=200, code="PERSISTED_QUERY_NOT_SUPPORTED", message="PersistedQueryNotSupported")
UNKNOWN = Refused(status=400, code="PERSISTED_QUERY_NOT_FOUND", message="There is no trusted document of this id.")
NOT_TRUSTED = Refused(
    status=403, code="DOCUMENT_NOT_TRUSTED", message="Only trusted documents are accepted here; send the id of one."
)
MISMATCH = Refused(
    status=400, code="PERSISTED_QUERY_MISMATCH", message="`query` is not the document of this id or hash."
)


class Documents:
    """Resolves requests to documents."""

    def __init__(
        self,
        trusted: Mapping[str, str] | None = None,
        *,
        required: bool = False,
        automatic: bool = False,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self._trusted = dict(trusted or {})
        self._texts = frozenset(self._trusted.values())
        self._required = required
        self._kept = _Kept(kept_bytes) if automatic and not required else None

    def resolve(self, parameters: GraphQLParameters) -> GraphQLParameters | Refused:
        """Return the parameters with the text of their document."""
        query = parameters.query
        is_hashed = "persistedQuery" in parameters.extensions
        if parameters.document_id is None and not is_hashed:
            return parameters if not self._required or query in self._texts else NOT_TRUSTED
        digest = _digest_of(parameters.extensions.get("persistedQuery"))
        for identifier in (parameters.document_id, digest, f"{SHA256}{digest}"):
            text = self._trusted.get(identifier) if identifier else None
            if text is not None:
                return replace(parameters, query=text) if query in ("", text) else MISMATCH
        if self._required:
            return UNKNOWN
        if not is_hashed:
            # Beside a text, an id that nobody registered here is the client's own affair.
            return parameters if query else UNKNOWN
        return self._automatic(parameters, digest)

    def _automatic(self, parameters: GraphQLParameters, digest: str | None) -> GraphQLParameters | Refused:
        if self._kept is None:
            return parameters if parameters.query else NOT_SUPPORTED
        if digest is None:
            return Refused(
                status=400,
                code="BAD_REQUEST",
                message="`extensions.persistedQuery` needs `version` 1 and a `sha256Hash` of 64 hexadecimal digits.",
            )
        if not parameters.query:
            text = self._kept.get(digest)
            return NOT_FOUND if text is None else replace(parameters, query=text)
        if hashlib.sha256(parameters.query.encode(errors="replace")).hexdigest() != digest:
            return MISMATCH
        self._kept.put(digest, parameters.query)
        return parameters


class _Kept:
    """The documents that were used last, `limit` bytes of them at most."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._texts: OrderedDict[str, str] = OrderedDict()

    def get(self, digest: str) -> str | None:
        text = self._texts.get(digest)
        if text is not None:
            self._texts.move_to_end(digest)
        return text

    def put(self, digest: str, text: str) -> None:
        if digest not in self._texts:
            self._texts[digest] = text
            self._size += len(text)
        self._texts.move_to_end(digest)
        while self._size > self._limit:
            _, dropped = self._texts.popitem(last=False)
            self._size -= len(dropped)


def load_trusted_documents(path: str) -> Mapping[str, str]:
    """Read a manifest: a JSON object of id → document, or Apollo's `apollo-persisted-query-manifest`.

    Raises `SettingsError`.
    """
    try:
        manifest = orjson.loads(Path(path).read_bytes())
    except OSError as error:
        raise SettingsError(f"trusted_documents: {path} cannot be read ({error.strerror})") from error
    except orjson.JSONDecodeError as error:
        raise SettingsError(f"trusted_documents: {path} is not JSON (line {error.lineno})") from error
    if isinstance(manifest, dict) and manifest.get("format") == "apollo-persisted-query-manifest":
        operations = manifest.get("operations")
        entries = operations if isinstance(operations, list) else []
        manifest = {each.get("id"): each.get("body") for each in entries if isinstance(each, dict)}
    if not isinstance(manifest, dict) or not all(
        isinstance(key, str) and key and isinstance(text, str) and text.strip() for key, text in manifest.items()
    ):
        raise SettingsError(f"trusted_documents: {path} is not an object of id and document")
    return manifest


def _digest_of(persisted: Any) -> str | None:
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        return None
    digest = persisted.get("sha256Hash")
    if not isinstance(digest, str) or len(digest) != 64 or not set(digest.lower()) <= set("0123456789abcdef"):
        return None
    return digest.lower()

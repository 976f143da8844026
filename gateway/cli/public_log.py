"""A Gigway's access log as anybody sees it: over HTTP, with answers that are measured before they are believed."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

import httpx2

from consent.audit.note import MAX_NOTE
from gateway.cli.failure import CommandError

TIMEOUT: Final = 10.0
_MAX_ANSWER: Final = 4 * MAX_NOTE
_MAX_PATH: Final = 64
"""No proof has more hashes: no log has 2⁶³ leaves."""


class LogUnreachableError(CommandError):
    """The log does not answer now; it may later."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__("LOG_UNREACHABLE", f"{url} does not answer as a log ({why})")


class PublicLog:
    """Reads a log, and leaves cosignatures there. Close it after use."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx2.Client(timeout=TIMEOUT)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def checkpoint(self) -> str:
        """Return the newest checkpoint. Raises `LogUnreachableError`."""
        return self._get("/audit/checkpoint")

    def cosigned_by(self, witness: str) -> str | None:
        """Return the newest checkpoint that a witness has cosigned; None while there is none."""
        status, answer = self._ask("GET", "/audit/checkpoint/cosigned", params={"witness": witness})
        if status == httpx2.codes.NOT_FOUND:
            return None
        return self._text(status, answer)

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Return the proof that the log of `first` leaves is a beginning of that of `second`."""
        answer = self._get("/audit/consistency", first=first, second=second)
        try:
            path = [base64.b64decode(each, validate=True) for each in json.loads(answer)["path"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CommandError("PROOF_INVALID", f"what {self.url} answers is not a proof") from None
        if len(path) > _MAX_PATH:
            raise CommandError("PROOF_INVALID", f"what {self.url} answers is too long for a proof")
        return path

    def submit(self, size: int, lines: str) -> None:
        """Leave signature lines of the checkpoint of `size` leaves. Raises `CommandError` with the gateway's code."""
        status, answer = self._ask("POST", "/audit/cosignature", params={"size": size}, content=lines.encode())
        if status in (httpx2.codes.NO_CONTENT, httpx2.codes.OK):
            return
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR or status == httpx2.codes.TOO_MANY_REQUESTS:
            raise LogUnreachableError(self.url, f"status {status}")
        try:
            error = json.loads(answer)["errors"][0]
            code, message = str(error["extensions"]["code"]), str(error["message"])
        except (ValueError, KeyError, TypeError, IndexError, RecursionError):
            code, message = "SUBMISSION_REFUSED", f"{self.url} takes no cosignatures (status {status})"
        raise CommandError(code, message)

    def _get(self, path: str, **params: Any) -> str:
        return self._text(*self._ask("GET", path, params=params))

    def _text(self, status: int, answer: bytes) -> str:
        if status != httpx2.codes.OK:
            raise LogUnreachableError(self.url, f"status {status}")
        try:
            return answer.decode()
        except UnicodeDecodeError:
            raise LogUnreachableError(self.url, "not UTF-8") from None

    def _ask(self, method: str, path: str, **options: Any) -> tuple[int, bytes]:
        try:
            with self._client.stream(method, f"{self.url}{path}", **options) as answer:
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > _MAX_ANSWER:
                        raise LogUnreachableError(self.url, "the answer is too long")
                return answer.status_code, body
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise LogUnreachableError(self.url, type(error).__name__) from None

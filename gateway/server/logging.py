"""Logs: one JSON object a line on standard error, a fixed event text plus fields, and nothing secret.

Bodies, tokens and personal values are never logged by our code; libraries that would (Authlib logs issued tokens at
DEBUG) are held at WARNING whatever the level.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_HELD = ("alembic", "authlib", "asyncio", "sqlalchemy", "aiohttp", "urllib3", "multipart", "python_multipart")


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON: time, level, logger, event, fields, and the traceback of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update((name, value) for name, value in vars(record).items() if name not in _STANDARD)
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self._where(record)
        return orjson.dumps(line, default=str).decode()

    @staticmethod
    def _where(record: logging.LogRecord) -> dict[str, Any]:
        """Return type and place of an exception, without its text, which may quote data."""
        kind, _, trace = record.exc_info or (None, None, None)
        places = []
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        return {"type": getattr(kind, "__name__", None), "trace": places[-8:]}


def logging_configuration(level: str) -> dict[str, Any]:
    """Return a `logging.config.dictConfig` configuration for `level`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {name: {"level": "WARNING"} for name in _HELD},
    }

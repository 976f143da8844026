"""JSON answers, written fast: platforms serve thousands of records to benchmarks."""

from typing import Any

import orjson
from starlette.responses import JSONResponse

__all__ = ["JSONAnswer"]


class JSONAnswer(JSONResponse):
    """A JSON response."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return orjson.dumps(content)

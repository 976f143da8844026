"""The sandbox's own HTML pages: templates, style sheet, and the headers that go with them."""

from pathlib import Path
from typing import Any

import jinja2
from starlette.responses import HTMLResponse, Response

__all__ = ["render", "style_sheet"]

_HERE = Path(__file__).parent
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, *, status: int = 200, form_targets: str = "", **values: Any) -> Response:
    """Render a page; `form_targets` are origins, besides our own, that its forms may lead to."""
    page = _TEMPLATES.get_template(template).render(**values)
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {form_targets}"
    )
    headers = {
        "Content-Security-Policy": policy.strip(),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(page, status_code=status, headers=headers)


def style_sheet() -> Response:
    """Return the style sheet of all pages."""
    text = (_HERE / "static" / "sandbox.css").read_text(encoding="utf-8")
    return Response(text, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})

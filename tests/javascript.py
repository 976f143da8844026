"""Scripts in Node.js that tests run: other people's clients, and Chromium."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PAGES = Path(__file__).parent / "consent" / "pages" / "browser"
"""Scripts that look at pages in Chromium."""
INTEROP = Path(__file__).parent / "consent" / "oauth" / "interop"
"""Scripts with OAuth clients that others wrote."""


def needs_node(folder: Path, package: str) -> pytest.MarkDecorator:
    """Skip where Node.js or what a folder's scripts need is not there."""
    is_there = shutil.which("node") is not None and (folder / "node_modules" / package).is_dir()
    return pytest.mark.skipif(not is_there, reason=f"needs Node.js and `npm ci` in {_named(folder)}")


def lacking_for_browser() -> str | None:
    """Return what is needed to look at pages in Chromium, if it is not there."""
    is_there = all(map(shutil.which, ("node", "chromium"))) and (PAGES / "node_modules" / "playwright-core").is_dir()
    return None if is_there else f"needs Node.js, Chromium and `npm ci` in {_named(PAGES)}"


def needs_browser() -> pytest.MarkDecorator:
    """Skip where no page can be looked at in Chromium."""
    lacking = lacking_for_browser()
    return pytest.mark.skipif(lacking is not None, reason=lacking or "")


def run_script(script: Path, settings: object, *, seconds: float = 60) -> Any:
    """Run a script with settings on standard input; return the JSON that it prints."""
    run = subprocess.run(
        ["node", script.name],
        cwd=script.parent,
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def look(script: str, settings: dict[str, Any]) -> Any:
    """Run a script that looks at pages in Chromium. Set GIGWAY_SHOTS to a folder to keep pictures of every page."""
    found = {**settings, "chromium": shutil.which("chromium"), "shots": os.environ.get("GIGWAY_SHOTS")}
    return run_script(PAGES / script, found, seconds=240)


def _named(folder: Path) -> str:
    return folder.relative_to(Path(__file__).parents[1]).as_posix()

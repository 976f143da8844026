"""What a Mechanical Turk worker can save from the worker site: the dashboard and each day's pages, as JSON."""

from typing import Any

import orjson

from connectors.sandbox.platforms.mturk import site_documents
from connectors.sandbox.platforms.mturk.workers import Tasks
from connectors.sandbox.takeout.files import archive
from connectors.sandbox.world import World

__all__ = ["worker_site"]


def worker_site(world: World, login: str) -> bytes:
    """Return the saved documents, one file for each page."""
    tasks = Tasks(world)
    files = {"dashboard.json": _json(site_documents.dashboard(tasks, login))}
    for day in site_documents.days(tasks, login):
        page = 1
        while (document := site_documents.status_details(tasks, login, day, page))["num_results"]:
            files[f"status_details_{day}_{page}.json"] = _json(document)
            page += 1
    return archive(files)


def _json(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)

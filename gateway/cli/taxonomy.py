"""`gigway taxonomy`: import the official ESCO download into the store."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from consent.columns import utc_now
from gateway.cli.failure import CommandError
from gateway.config import load_settings
from gateway.storage.database import create_database_engine
from gateway.storage.migrate import migrate
from graph.errors import TaxonomyError
from graph.taxonomy.importing import import_taxonomy


def add_parsers(commands: Any) -> None:
    """Add `taxonomy`."""
    taxonomy = commands.add_parser("taxonomy", help="skills and occupations").add_subparsers(
        dest="taxonomy", metavar="WHAT", required=True
    )
    importing = taxonomy.add_parser("import", help="import the official ESCO download (CSV files, a folder or ZIP)")
    importing.add_argument("path", type=Path, metavar="PATH", help="the folder or ZIP of ESCO's CSV files")
    importing.add_argument("--job-zones", type=Path, metavar="FILE", help="O*NET's `Job Zones.txt`")
    importing.add_argument("--crosswalk", type=Path, metavar="FILE", help="the ESCO to O*NET crosswalk (CSV)")
    importing.set_defaults(run=_import)


def _import(options: argparse.Namespace) -> int:
    settings = load_settings(os.environ)
    engine = create_database_engine(settings.database_url)
    bars: dict[str, TaskID] = {}
    try:
        migrate(engine)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %")
        ) as progress:

            def show(file: str, done: int, total: int) -> None:
                if file not in bars:
                    bars[file] = progress.add_task(file, total=total or 1)
                progress.update(bars[file], completed=done if total else 1)

            report = import_taxonomy(
                engine,
                options.path,
                now=utc_now(),
                job_zones=options.job_zones,
                crosswalk=options.crosswalk,
                progress=show,
            )
    except TaxonomyError as error:
        raise CommandError(getattr(error, "code", "TAXONOMY_INVALID"), str(error)) from None
    finally:
        engine.dispose()
    counts = ", ".join(f"{number} {what}" for what, number in report.counts.items())
    print(f"{report.version}: {'imported' if report.changed else 'is live already'}; {counts}")
    return 0

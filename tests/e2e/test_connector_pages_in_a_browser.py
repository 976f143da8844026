"""The pages of connectors in Chromium: linking, exports, registration (`tests/consent/pages/browser/connectors.mjs`).

Skipped like the worker's pages' browser test. Set GIGWAY_SHOTS to a folder to keep pictures of every page.
"""

import asyncio
import io
import re
import zipfile

import aiohttp

from tests.e2e.test_registration_graphql import version
from tests.e2e.test_registration_pages import console
from tests.javascript import look, needs_browser

ALEX, MIKA = "alex.sandberg@sandbox.example", "mika.manytask@sandbox.example"
EXPORTS = [
    ("uber_takeout", "uber-driver", ALEX),
    ("uber_takeout", "uber-driver-on-request", ALEX),
    ("uber_eats_takeout", "uber-eats", MIKA),
    ("doordash", "doordash", MIKA),
    ("wolt", "wolt", MIKA),
    ("mturk", "mturk", MIKA),
]

pytestmark = needs_browser()


async def _uploads(folder, sandbox):
    """Every export as its platform gives it, the same as others save it, and files that nobody should take in."""
    files = {}
    async with aiohttp.ClientSession() as session:
        for platform, export, login in EXPORTS:
            async with session.get(f"{sandbox}/takeout/{export}/{login}") as answer:
                assert answer.status == 200
                files[export] = (platform, await answer.read())
    table = _only_csv(files["wolt"][1])
    files["wolt, saved by a spreadsheet"] = ("wolt", table.replace(",", ";").encode("utf-16"))
    files["wolt, with tabs and another encoding"] = ("wolt", table.replace(",", "\t").encode("cp1252"))
    files["wolt, cut off"] = ("wolt", files["wolt"][1][:-40])
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("courier_tasks.csv", b"\0" * (129 * 1024 * 1024))
    files["a ZIP bomb"] = ("wolt", bomb.getvalue())
    files["not an export"] = ("wolt", b"hello")
    uploads = []
    for number, (name, (platform, content)) in enumerate(files.items()):
        is_table = name.startswith("wolt,") and not content.startswith(b"PK")
        file = folder / f"{number}" / ("courier_tasks.csv" if is_table else "export.zip")
        if name == "not an export":
            file = file.with_name("hello.txt")
        file.parent.mkdir()
        file.write_bytes(content)
        uploads.append({"platform": platform, "name": name, "file": str(file)})
    return uploads


def _only_csv(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(next(name for name in opened.namelist() if "courier_tasks" in name)).decode()


def test_linking_exports_and_registration_in_a_browser(tmp_path):
    async def story():
        async with console(tmp_path) as (issuer, engineer, _):
            page = await engineer.open(f"{issuer}/link/uber")
            signing_in = await engineer.submit(page, page.form("/link/uber"))
            sandbox = re.match(r"http://[^/]+", signing_in.url).group()
            page = await engineer.open(f"{issuer}/console/fiverr/connectors")
            sdl = {"sdl": version("1.1.0")}
            waiting = await engineer.submit(page, page.form("/check"), sdl, button=("do", "submit"))
            folder = tmp_path / "uploads"
            folder.mkdir()
            settings = {
                "issuer": issuer,
                "sandbox": sandbox,
                "organization": "fiverr",
                "alex": ALEX,
                "waiting": waiting.url.rsplit("/", 1)[1],
                "sdl": version("1.2.0"),
                "broken": version("1.2.0", ("$page.cursor", "$page.curser")),
                "next": version("1.3.0", ("performance:", "standing:")),
                "answer": '{"displayName": "Alex", "status": "active", "rating": {"value": 4.9, "count": "many"}}',
                "uploads": await _uploads(folder, sandbox),
            }
            return await asyncio.to_thread(look, "connectors.mjs", settings), issuer, sandbox

    seen, issuer, sandbox = asyncio.run(story())
    assert seen.pop("requests") == sorted([issuer, sandbox])
    linked = dict.fromkeys(
        (*(export for _, export, _ in EXPORTS), "wolt, saved by a spreadsheet", "wolt, with tabs and another encoding"),
        "linked",
    )
    assert seen.pop("uploads") == {
        **linked,
        "wolt, cut off": "This archive is damaged, encrypted, or not a ZIP.",
        "a ZIP bomb": "The files in this archive are too large.",
        "not an export": "This is missing in the export: courier_tasks*.csv.",
    }
    assert seen.pop("mapped").startswith("seller: ratings.sampleSize is no Int [TYPE_MISMATCH] seller: {")
    assert "there is no $page.curser;" in seen.pop("refused")
    assert seen == {
        "violations": [],
        "overflows": [],
        "policy": [],
        "statuses": [
            "fiverr 1.2.0 Tested",
            "fiverr 1.2.0 Live",
            "Suspended: nothing reads this platform any more.",
            "Read again, as granted.",
        ],
        "linked": 7,
        "checked": "No problems: fiverr 1.2.0 composes with what is live.",
    }

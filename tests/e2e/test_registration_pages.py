"""A platform's engineer and an operator register a connector on the console's pages."""

import asyncio
import contextlib
import re
from datetime import UTC, datetime

from sqlalchemy import text

from consent.console.actions import COMMAND_LINE
from consent.console.members import Members, ensure_operator
from consent.console.roles import OPERATOR
from consent.oauth.models import ORGANIZATIONS
from gateway.cli.operators import NoBrowser
from gateway.demo.browser import Browser
from gateway.storage.database import create_database_engine
from tests.e2e.beside_a_sandbox import beside_a_sandbox
from tests.e2e.test_registration_graphql import version


@contextlib.asynccontextmanager
async def console(folder):
    """Run Gigway and its sandbox; yields the address and browsers of an engineer of Fiverr's and of an operator."""
    async with beside_a_sandbox(folder) as (settings, _), Browser() as engineer, Browser() as operator:
        for browser, persona in ((engineer, "alex"), (operator, "robin")):
            page = await browser.open(f"{settings.issuer}/sign-in")
            form = page.form("/sign-in/demo")
            button = next(each for each in form.buttons if persona in each[1])
            await browser.submit(page, form, button=button)
        _admit(settings.database_url)
        yield settings.issuer, engineer, operator


def _admit(url):
    engine = create_database_engine(url)
    members = Members(engine, NoBrowser())
    with engine.begin() as connection:
        ensure_operator(connection, name="Gigway", at=datetime.now(UTC))
        connection.execute(
            ORGANIZATIONS.insert().values(
                id="fiverr",
                kind="platform",
                name="Fiverr",
                platform="fiverr",
                status="active",
                created_at=datetime.now(UTC),
            )
        )
        people = dict(connection.execute(text("SELECT display_name, id FROM worker")).all())
        alex = next(people[name] for name in people if name.startswith("Alex"))
        robin = next(people[name] for name in people if name.startswith("Robin"))
        members.join(connection, "fiverr", alex, "developer", by=COMMAND_LINE)
        members.join(connection, OPERATOR, robin, "administrator", by=COMMAND_LINE)
    engine.dispose()


def test_submitted_tested_approved_suspended(tmp_path):
    async def story():
        async with console(tmp_path) as (issuer, engineer, operator):
            base, above = f"{issuer}/console/fiverr/connectors", f"{issuer}/console/operator/connectors"
            page = await engineer.open(base)
            assert page.status == 200, page.text
            wrong = await engineer.submit(
                page, page.form("/check"), {"sdl": "type X { a: Int }"}, button=("do", "check")
            )
            assert wrong.status == 422
            assert "ACCOUNT_TYPE_COUNT" in wrong.text
            fine = await engineer.submit(page, page.form("/check"), {"sdl": version("1.1.0")}, button=("do", "check"))
            assert "No problems: fiverr 1.1.0 composes" in fine.text
            one = await engineer.submit(fine, fine.form("/check"), {"sdl": version("1.1.0")}, button=("do", "submit"))
            assert "fiverr 1.1.0 Submitted" in one.text
            assert not any("/approve" in form.action for form in one.forms)
            path = re.search(r"/versions/\d+", one.url).group()
            await engineer.submit(one, one.form("/test"))
            tested = await engineer.open(f"{base}{path}")
            while "are running" in tested.text:
                await asyncio.sleep(0.2)
                tested = await engineer.open(f"{base}{path}")
            assert "fiverr 1.1.0 Tested" in tested.text, tested.text
            assert "0 failed" in tested.text

            assert (await engineer.open(f"{above}")).status == 404
            waiting = await operator.open(above)
            assert "fiverr 1.1.0" in waiting.text
            seen = await operator.open(f"{above}{path}")
            assert "It calls: api.fiverr.com" in seen.text
            live = await operator.submit(seen, seen.form("/approve"))
            while "fiverr 1.1.0 Approved" in live.text:  # a slow process has not loaded it yet
                await asyncio.sleep(0.2)
                live = await operator.open(f"{above}{path}")
            assert "fiverr 1.1.0 Live" in live.text
            assert "Approve Robin" in live.text
            assert "Submit Alex" in live.text
            theirs = await engineer.open(f"{base}{path}")
            assert "Approve operator" in theirs.text
            assert "Submit Alex" in theirs.text
            assert "Robin" not in theirs.text
            platform = await operator.open(f"{above}/platforms/fiverr")
            stopped = await operator.submit(platform, platform.form("/suspend"), {"reason": "asked"})
            assert "nothing reads this platform any more" in stopped.text
            again = await operator.submit(stopped, stopped.form("/resume"))
            assert "Read again" in again.text
            assert (await engineer.open(f"{base}/platforms/uber")).status == 404
            forged = platform.form("/suspend")
            forged.fields = [(name, "x" * 64 if name == "csrf" else value) for name, value in forged.fields]
            assert (await operator.submit(platform, forged, {"reason": "x"})).status == 403
            async with Browser() as stranger:
                assert "/sign-in" in (await stranger.open(base)).url

    asyncio.run(story())


def test_navigation_leads_to_the_connectors(tmp_path):
    async def story():
        async with console(tmp_path) as (issuer, engineer, _):
            page = await engineer.open(f"{issuer}/console/fiverr")
            assert 'href="/console/fiverr/connectors"' in page.html

    asyncio.run(story())


def test_connectors_and_linking_come_in_the_language_that_was_chosen(tmp_path):
    async def story():
        async with console(tmp_path) as (issuer, engineer, operator):
            for browser in (engineer, operator):
                page = await browser.open(f"{issuer}/me")
                await browser.submit(page, page.form("/language"), button=("language", "sv"))
            base, above = f"{issuer}/console/fiverr/connectors", f"{issuer}/console/operator/connectors"
            overview = await engineer.open(base)
            sdl = {"sdl": version("1.1.0")}
            one = await engineer.submit(overview, overview.form("/check"), sdl, button=("do", "submit"))
            platform = await operator.open(f"{above}/platforms/fiverr")
            stopped = await operator.submit(platform, platform.form("/suspend"), {"reason": "ombedd"})
            pages = [overview, one, platform, stopped, await engineer.open(f"{base}/versions/99")]
            for page, words in zip(
                pages,
                (
                    "Hälsa den senaste timmen",
                    "fiverr 1.1.0 Inskickad",
                    "Processer som svarar",
                    "Avstängd: inget läser den här plattformen längre.",
                    "Det finns inget sådant här",
                ),
                strict=True,
            ):
                assert '<html lang="sv">' in page.html
                assert words in page.text
                assert "Kopplingar" in page.text
            link = await engineer.open(f"{issuer}/link/uber")
            assert '<html lang="sv">' in link.html
            assert "Länka ditt konto hos Uber" in link.text

    asyncio.run(story())

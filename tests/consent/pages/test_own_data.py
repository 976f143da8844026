"""Taking one's data away, and being forgotten."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from consent.models import AccessEvent, new_id
from consent.signin.models import CREDENTIALS


def log_lines(site: Any, count: int) -> None:
    """Let the actor have read `count` times, and another worker's data once."""
    with Session(site.engine) as session:
        for number in range(count):
            session.add(
                AccessEvent(
                    at=site.clock(),
                    worker_id=site.alex,
                    actor_id="acme",
                    purpose="job_matching",
                    platform="=cmd()" if number == 0 else "uber",
                    category="ratings",
                    decision="allow",
                    records=number,
                    salt=new_id(),
                )
            )
        session.add(
            AccessEvent(
                at=site.clock(), worker_id=site.kim, platform="kims", category="ratings", decision="deny", salt="s"
            )
        )
        session.commit()


def test_the_log_as_csv_is_whole_and_no_formula(site: Any) -> None:
    site.sign_in()
    log_lines(site, 601)
    answer = site.browser.get("/me/log.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 601
    assert {row["actor_name"] for row in rows} == {"Nordic Staffing"}
    assert rows[-1]["platform"] == "'=cmd()"
    assert "kims" not in answer.text
    assert 'attachment; filename="gigway-access-log.csv"' in answer.headers["content-disposition"]


def test_everything_as_json(site: Any) -> None:
    site.sign_in()
    site.allow("uber:ratings")
    log_lines(site, 1)
    content = site.browser.get("/me/data.json").json()
    assert set(content) == {
        *("worker", "grants", "requests", "blocked_actors", "access_log", "contact_codes", "passkeys"),
        "linked_accounts",
    }
    (grant,) = content["grants"]
    assert grant["granted"] == [{"platform": "uber", "category": "ratings"}]
    assert len(grant["refused"]) == 3
    assert len(content["access_log"]) == 1
    assert [account["platform"] for account in content["linked_accounts"]] == ["uber"]


def test_everything_as_csv_has_a_table_for_each_part(site: Any) -> None:
    site.sign_in()
    site.allow("uber:ratings")
    log_lines(site, 2)
    answer = site.browser.get("/me/data.zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="gigway-my-data.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        tables = {
            name.removesuffix(".csv"): list(csv.DictReader(io.TextIOWrapper(files.open(name))))
            for name in files.namelist()
        }
    assert set(tables) == set(site.browser.get("/me/data.json").json())
    assert (tables["grants"][0]["recipient.trading_name"], tables["grants"][0]["granted"]) == (
        "Nordic Staffing",
        "uber:ratings",
    )
    assert [row["platform"] for row in tables["access_log"]] == ["uber", "'=cmd()"]
    assert tables["linked_accounts"][0]["health"] == "ok"


def _link(html: str, rel: str) -> str:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', html)
    assert found is not None
    return found.group(1).replace("&amp;", "&")


def test_the_log_page_pages_back_and_forth(site: Any) -> None:
    site.sign_in()
    log_lines(site, 75)
    addresses = ["/me/log?text=Nordic&category=ratings&decision=allow&actor=acme&from=2030-01-01"]
    pages = [site.browser.get(addresses[0]).text]
    while 'rel="next"' in pages[-1]:
        addresses.append("/me/log" + _link(pages[-1], "next"))
        pages.append(site.browser.get(addresses[-1]).text)
    assert [page.count("<tr>") - 1 for page in pages] == [30, 30, 15]
    assert all("75 entries" in page and "from=2030-01-01" in page for page in pages)
    back = site.browser.get("/me/log" + _link(pages[-1], "prev")).text
    assert _rows(back) == _rows(pages[1])
    first = site.browser.get("/me/log" + _link(back, "prev")).text
    assert (_rows(first), 'rel="prev"' in first) == (_rows(pages[0]), False)


def _rows(html: str) -> list[str]:
    return re.findall(r"(\d+) records?", html)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("text=acme", 0),
        ("text=nordic", 3),
        ("text=Ratings", 3),
        ("text=finding+WORK", 3),
        ("text=Uber", 3),
        ("text=your+own", 1),
        ("actor=acme", 3),
        ("actor=self", 1),
        ("platform=uber", 3),
        ("platform=upwork", 0),
        ("category=profile", 1),
        ("category=nonsense", 4),
        ("decision=deny", 1),
        ("from=2030-05-01&to=2030-05-01", 2),
        ("to=2030-04-30", 0),
        ("from=2030-05-02", 2),
        ("from=2030-05-03", 0),
    ],
)
def test_the_log_is_searched_and_filtered_and_taken_along(site: Any, query: str, count: int) -> None:
    site.sign_in()
    with Session(site.engine) as session:
        for number, (actor, purpose, platform, category, decision) in enumerate(
            [
                ("acme", "job_matching", "uber", "ratings", "allow"),
                ("acme", "job_matching", "uber", "ratings", "allow"),
                ("acme", "job_matching", "uber", "ratings", "deny"),
                (None, "self", "fiverr", "profile", "allow"),
            ]
        ):
            session.add(
                AccessEvent(
                    at=site.clock() + timedelta(days=number // 2),
                    worker_id=site.alex,
                    actor_id=actor,
                    purpose=purpose,
                    platform=platform,
                    category=category,
                    decision=decision,
                    salt=new_id(),
                )
            )
        session.commit()
    log_lines(site, 0)
    page = site.browser.get(f"/me/log?{query}").text
    assert (f"{count} entr" in page, page.count("<tr>")) == (True, count + 1 if count else 0)
    assert len(list(csv.DictReader(io.StringIO(site.browser.get(f"/me/log.csv?{query}").text)))) == count
    assert len(site.browser.get(f"/me/log.json?{query}").json()) == count
    assert count == 0 or f'href="/me/log.csv{"?" if query and "nonsense" not in query else ""}' in page


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("from=yesterday", "A day is written like 2027-01-31."),
        ("to=2030-02-31", "A day is written like 2027-01-31."),
        ("from=20300101", "A day is written like 2027-01-31."),
        ("from=2030-05-02&to=2030-05-01", "The first day is after the last one."),
    ],
)
def test_a_day_that_is_none_is_told(site: Any, query: str, problem: str) -> None:
    site.sign_in()
    page = site.browser.get(f"/me/log?{query}")
    assert (page.status_code, problem in page.text, 'role="alert"' in page.text) == (200, True, True)


def test_erasing_needs_the_word_and_ends_everything(site: Any, submit: Any) -> None:
    site.sign_in()
    site.allow("uber:ratings")
    wrong = submit(site.browser, "/me/data", "/me/erase", {"confirm": "yes"})
    assert (wrong.status_code, "nothing was erased" in wrong.text) == (422, True)
    done = submit(site.browser, "/me/data", "/me/erase", {"confirm": "erase"})
    assert 'data-status="confirmed"' in done.text
    (grant,) = site.world.grants.of_worker(site.alex)
    assert grant.status == "invalidated"
    assert {account.health for account in site.accounts.accounts} == {"not_linked"}
    assert site.browser.get("/me").status_code == 303
    site.sign_in()
    assert site.browser.get("/me").status_code == 303, "nobody can sign in as an erased worker"


def test_the_word_is_asked_for_in_the_workers_language(site: Any, submit: Any) -> None:
    site.sign_in()
    swedish = {"accept-language": "sv"}
    assert "radera" in site.browser.get("/me/data", headers=swedish).text
    token = submit(site.browser, "/me/data", "/me/erase", {"confirm": " Radera "}, headers=swedish)
    assert 'data-status="confirmed"' in token.text


def test_erasing_forgets_how_one_signs_in(site: Any, submit: Any) -> None:
    kim = {"login": "kim@worker.example", "password": "correct horse battery"}
    submit(site.browser, "/sign-in", "/sign-in", kim)
    submit(site.browser, "/me/data", "/me/erase", {"confirm": "erase"})
    with site.engine.connect() as connection:
        assert connection.execute(CREDENTIALS.select()).all() == []
    assert submit(site.browser, "/sign-in", "/sign-in", kim).status_code == 401


@pytest.mark.parametrize(
    "path", ["/me/data", "/me/data.json", "/me/data.zip", "/me/log.csv", "/me/log.json", "/me/security"]
)
def test_downloads_need_a_session(site: Any, path: str) -> None:
    assert site.browser.get(path).status_code == 303
    assert site.browser.get("/me/erase").status_code == 405

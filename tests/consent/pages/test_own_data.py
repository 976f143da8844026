"""Taking one's data away, and being forgotten."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from sqlmodel import Session

from consent.models import AccessEvent, new_id
from consent.signin.models import CREDENTIALS


def _log(site: Any, count: int) -> None:
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
    _log(site, 601)
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
    _log(site, 1)
    content = site.browser.get("/me/data.json").json()
    assert set(content) == {"worker", "grants", "access_log", "contact_codes", "passkeys", "linked_accounts"}
    (grant,) = content["grants"]
    assert grant["granted"] == [{"platform": "uber", "category": "ratings"}]
    assert len(grant["refused"]) == 3
    assert len(content["access_log"]) == 1
    assert [account["platform"] for account in content["linked_accounts"]] == ["uber"]


def test_the_log_page_pages_and_filters(site: Any) -> None:
    site.sign_in()
    _log(site, 45)
    first = site.browser.get("/me/log?text=acme&decision=")
    assert "0 entries" in first.text
    first = site.browser.get("/me/log?text=Nordic&category=ratings&decision=allow")
    assert "45 entries" in first.text
    assert first.text.count("<tr>") == 31
    older = first.text.partition('<a href="?')[2].partition('"')[0].replace("&amp;", "&")
    second = site.browser.get(f"/me/log?{older}")
    assert second.text.count("<tr>") == 16
    assert "Newest" in second.text


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


def test_erasing_forgets_how_one_signs_in(site: Any, submit: Any) -> None:
    kim = {"login": "kim@worker.example", "password": "correct horse battery"}
    submit(site.browser, "/sign-in", "/sign-in", kim)
    submit(site.browser, "/me/data", "/me/erase", {"confirm": "erase"})
    with site.engine.connect() as connection:
        assert connection.execute(CREDENTIALS.select()).all() == []
    assert submit(site.browser, "/sign-in", "/sign-in", kim).status_code == 401


@pytest.mark.parametrize("path", ["/me/data", "/me/data.json", "/me/log.csv", "/me/security"])
def test_downloads_need_a_session(site: Any, path: str) -> None:
    assert site.browser.get(path).status_code == 303
    assert site.browser.get("/me/erase").status_code == 405

"""Gigster, Business Talent Group and CreatorUp: few records, awkward shapes."""

import csv
import io
from typing import Any
from xml.etree import ElementTree

import pytest

ALEX = "alex.sandberg@sandbox.example"
MIKA = "mika.manytask@sandbox.example"
NIA = "nia.newcomer@sandbox.example"
STATEMENT = "/business_talent_group/statements/engagements"


def sign_in(sandbox: Any, platform: str, login: str = ALEX) -> str:
    code = sandbox.code(f"/{platform}/oauth/authorize", login)
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    return sandbox.tokens(platform, "/oauth/token", **fields).json["access_token"]


@pytest.mark.parametrize("path", ["/gigster/v1/me/gigs", STATEMENT, "/creatorup/api/projects"])
def test_they_need_a_token_and_say_that_they_are_invented(sandbox: Any, path: str) -> None:
    answer = sandbox.get(path)
    assert (answer.status, answer.headers["x-sandbox-fidelity"]) == (401, "HYPOTHETICAL")


def test_they_tell_who_signed_in(sandbox: Any) -> None:
    member = sandbox.get("/gigster/v1/me", sign_in(sandbox, "gigster")).json
    assert member["member_id"] == sandbox.account_ids("gigster")["member_id"]
    consultant = sandbox.get("/business_talent_group/me", sign_in(sandbox, "business_talent_group"))
    root = ElementTree.fromstring(consultant.body)
    assert root.findtext("consultant_id") == sandbox.account_ids("business_talent_group")["consultant_id"]
    assert root.findtext("name") == "Alex Sandberg"
    assert sandbox.get("/gigster/v1/me").status == sandbox.get("/business_talent_group/me").status == 401


def test_gigster_follows_next(sandbox: Any) -> None:
    token = sign_in(sandbox, "gigster", MIKA)
    first = sandbox.get("/gigster/v1/me/gigs", token).json
    second = sandbox.get(f"/gigster/v1/me/gigs?cursor={first['next']}", token).json
    gigs = first["gigs"] + second["gigs"]
    assert (len(first["gigs"]), second["next"]) == (10, None)
    assert len({gig["gig_id"] for gig in gigs}) == 14
    for gig in gigs:
        accepted = all(step["accepted_at"] for step in gig["milestones"])
        assert (gig["status"] == "done") <= accepted
        assert (gig["ended_on"] is None) == (gig["status"] == "active")
    assert sandbox.get("/gigster/v1/me/gigs?cursor=x", token).status == 400
    assert sandbox.get("/gigster/v1/me/gigs", sign_in(sandbox, "gigster", NIA)).json == {"gigs": [], "next": None}


def test_statement_says_the_same_in_xml_and_csv(sandbox: Any) -> None:
    token = sign_in(sandbox, "business_talent_group")
    document = sandbox.get(STATEMENT, token)
    root = ElementTree.fromstring(document.body)
    from_xml = [{field.tag: field.text or "" for field in element} for element in root]
    table = sandbox.get(f"{STATEMENT}?format=csv", token)
    assert "iso-8859-1" in table.headers["content-type"]
    rows = list(csv.DictReader(io.StringIO(table.body.decode("iso-8859-1")), delimiter=";"))
    for row in rows:
        row["day_rate"] = row["day_rate"].replace(",", ".")
        row["days_billed"] = row["days_billed"].replace(",", ".")
    assert rows == from_xml
    assert len(rows) == int(root.attrib["count"]) == 6
    assert {row["evaluation"] for row in rows} <= {"Exceeds", "Meets", "Below", ""}


def test_statement_of_a_year_and_of_nothing(sandbox: Any) -> None:
    token = sign_in(sandbox, "business_talent_group")
    rows = ElementTree.fromstring(sandbox.get(f"{STATEMENT}?year=2024", token).body)
    assert 0 < len(rows) < 6
    empty = sandbox.get(STATEMENT, sign_in(sandbox, "business_talent_group", NIA))
    assert ElementTree.fromstring(empty.body).attrib == {"count": "0"}
    assert sandbox.get(f"{STATEMENT}?format=pdf", token).status == 400


def test_drift_reaches_xml_and_csv(sandbox: Any) -> None:
    token = sign_in(sandbox, "business_talent_group")
    sandbox.switch("business_talent_group", drift={"role": "position"})
    root = ElementTree.fromstring(sandbox.get(STATEMENT, token).body)
    assert root[0].find("role") is None
    assert root[0].findtext("position")
    header = sandbox.get(f"{STATEMENT}?format=csv", token).body.split(b"\r\n")[0].split(b";")
    assert b"position" in header
    assert b"role" not in header


def test_creatorup_has_numbered_pages(sandbox: Any) -> None:
    token = sign_in(sandbox, "creatorup", "priya.parttime@sandbox.example")
    pages = [sandbox.get(f"/creatorup/api/projects?page={page}", token).json for page in (1, 2, 3)]
    assert [page["meta"] for page in pages] == [{"page": page, "pages": 3} for page in (1, 2, 3)]
    assert len({project["uuid"] for page in pages for project in page["projects"]}) == 13
    assert sandbox.get("/creatorup/api/projects?page=4", token).status == 404
    empty = sandbox.get("/creatorup/api/projects", sign_in(sandbox, "creatorup", NIA)).json
    assert empty == {"projects": [], "meta": {"page": 1, "pages": 1}}


def test_tracks_are_open_and_progress_is_not(sandbox: Any) -> None:
    tracks = {track["uuid"]: track for track in sandbox.get("/creatorup/api/tracks").json["tracks"]}
    assert all(needed in tracks for track in tracks.values() for needed in track["prerequisites"])
    assert sandbox.get("/creatorup/api/me/tracks").status == 401
    progress = sandbox.get("/creatorup/api/me/tracks", sign_in(sandbox, "creatorup")).json["tracks"]
    assert [(tracks[item["track_uuid"]]["slug"], item["percent"]) for item in progress] == [
        ("video-editing", 100),
        ("motion-graphics", 60),
    ]
    assert [item["certificate"] is not None for item in progress] == [True, False]

"""Exports: unpacked within bounds, sealed at rest, read under a permit, deleted with the account."""

import io
import zipfile
from typing import Any

import pytest
from sqlalchemy import text

from connectors.schema.definition import TakeoutFile
from connectors.takeout import TakeoutError, unpack
from connectors.transport.permit import WorkerAct

MIKA = "mika.manytask@sandbox.example"
TABLE = TakeoutFile(name="rows", pattern="*trips*.csv", is_csv=True, required=True)
DOCUMENT = TakeoutFile(name="documents", pattern="*.json", is_csv=False, required=False)


def packed(files: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,2\n", [{"a": "1", "b": "2"}]),
        (b"a;b\n1;2\n", [{"a": "1", "b": "2"}]),
        (b"a\tb\n1\t2\n", [{"a": "1", "b": "2"}]),
        ("\ufeffa,b \n1,\n".encode(), [{"a": "1", "b": None}]),
        ("a,b\nZürich,2\n".encode("cp1252"), [{"a": "Zürich", "b": "2"}]),
        ("a;b\nZürich;2\n".encode("utf-16"), [{"a": "Zürich", "b": "2"}]),
        (b'a,b\n"1,5","x\ny"\n', [{"a": "1,5", "b": "x\ny"}]),
        (b"a,b\n1,2,3\n", [{"a": "1", "b": "2"}]),
        (b"a,b\n", []),
    ],
)
def test_tables_are_read_whatever_their_delimiter_and_encoding(content: bytes, rows: list[Any]) -> None:
    assert unpack(packed({"Data/My Trips.csv": content}), "export.zip", [TABLE]).files == {"rows": rows}


def test_single_file_is_an_export_too() -> None:
    assert unpack(b"a\n1\n", "C:\\Downloads\\trips.csv", [TABLE]).files == {"rows": [{"a": "1"}]}


def test_files_of_one_kind_are_joined_and_documents_keep_their_name() -> None:
    upload = packed({"trips-0.csv": b"a\n1\n", "trips-1.csv": b"a\n2\n", "x.json": b'{"n": 1.50}', "other.txt": b"?"})
    files = unpack(upload, "export.zip", [TABLE, DOCUMENT]).files
    assert files["rows"] == [{"a": "1"}, {"a": "2"}]
    assert [(document["file"], str(document["n"])) for document in files["documents"]] == [("x.json", "1.50")]


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (packed({"readme.txt": b"x"}), "FILE_MISSING"),
        (b"PK\x03\x04 not really", "ARCHIVE_UNREADABLE"),
        (packed({"trips.csv": b"a\n1\n"})[:-30], "ARCHIVE_UNREADABLE"),
        (packed({"trips.csv": b"a\n1\n", "x.json": b"[1"}), "FILE_UNREADABLE"),
        (packed({"trips.csv": b"a\n1\n", "x.json": b"[1]"}), "FILE_UNREADABLE"),
        (packed({"trips.csv": b"a\n" + b"1\n" * 300_002}), "TOO_MANY_ROWS"),
        (packed({"trips.csv": b"\0" * (129 * 1024 * 1024)}), "ARCHIVE_TOO_LARGE"),
        (
            packed({f"{number}.txt": b"" for number in range(20_001)}, compression=zipfile.ZIP_STORED),
            "ARCHIVE_TOO_LARGE",
        ),
        (b"x" * (64 * 1024 * 1024 + 1), "UPLOAD_TOO_LARGE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_uploads_that_cannot_be_used(upload: bytes, code: str) -> None:
    with pytest.raises(TakeoutError) as raised:
        unpack(upload, "export.zip", [TABLE, DOCUMENT])
    assert raised.value.code == code


def test_export_is_sealed_at_rest_and_deleted_with_the_account(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("wolt", MIKA)
        with world.engine.connect() as connection:
            (content,) = connection.execute(text("SELECT content FROM takeout_upload")).one()
        whole = await world.read("wolt", account_id, "experience { completed provenance { fidelity method } }")
        await world.platforms.view.unlink("worker-1", "wolt")
        with world.engine.connect() as connection:
            left = connection.execute(text("SELECT count(*) FROM takeout_upload")).scalar_one()
        return content, whole, left, await world.read("wolt", account_id, "experience { completed }")

    content, whole, left, gone = in_world(test)
    assert b"BICYCLE" not in content
    (summary,) = whole["data"]["_entities"][0]["experience"]
    assert summary["completed"] > 100
    assert summary["provenance"] == {"fidelity": "TAKEOUT", "method": "TAKEOUT"}
    assert left == 0
    assert gone["errors"][0]["extensions"]["code"] == "RELINK_NEEDED"


def test_export_is_read_under_an_open_permit_only(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("wolt", MIKA)
        ended = WorkerAct()
        ended.end()
        return await world.read("wolt", account_id, "experience { completed }", permit=ended)

    answer = in_world(test)
    assert answer["data"]["_entities"] == [{"experience": None}]
    assert answer["errors"][0]["extensions"]["code"] == "CONSENT_ENDED"


def test_later_export_replaces_the_earlier_one(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        first = await world.link("doordash", MIKA)
        second = await world.link("doordash", "priya.parttime@sandbox.example")
        with world.engine.connect() as connection:
            return first, second, connection.execute(text("SELECT count(*) FROM takeout_upload")).scalar_one()

    first, second, count = in_world(test)
    assert (first == second, count) == (True, 1)


def test_page_refuses_a_wrong_file_and_a_forged_form(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        page = await world.browser.get("/link/wolt")
        wrong = await world.upload("wolt", b"hello", "hello.txt")
        forged = await world.upload("wolt", await world.export("wolt", MIKA), csrf="guessed")
        return page, wrong, forged, world.platforms.accounts.of_worker("worker-1")

    page, wrong, forged, accounts = in_world(test)
    assert 'type="file"' in page.text
    assert (wrong.status_code, forged.status_code) == (400, 403)
    assert "courier_tasks*.csv" in wrong.text
    assert accounts == []


def test_pages_of_an_export_follow_each_other_newest_first(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber_takeout")
        selection = (
            "engagements(first: $n, after: $after) { pageInfo { endCursor } edges { node { ref period { start } } } }"
        )
        refs: list[tuple[str, str]] = []
        after = None
        for _ in range(3):
            answer = await world.read(
                "uber_takeout", account_id, selection, declared="$n: Int, $after: String",
                variables={"n": 4, "after": after},
            )  # fmt: skip
            connection = answer["data"]["_entities"][0]["engagements"]
            refs += [(edge["node"]["period"]["start"], edge["node"]["ref"]) for edge in connection["edges"]]
            after = connection["pageInfo"]["endCursor"]
        return refs

    refs = in_world(test)
    assert len(set(refs)) == 12
    assert refs == sorted(refs, reverse=True)

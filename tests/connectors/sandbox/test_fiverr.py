from typing import Any
from urllib.parse import quote

ALEX = "alex.sandberg@sandbox.example"
SELLER = "/fiverr/api/seller"
TRANSACTIONS = "/fiverr/perseus/financial-dashboard/api/earnings/transactions"


def sign_in(sandbox: Any, login: str = ALEX) -> str:
    code = sandbox.code("/fiverr/oauth/authorize", login)
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    return sandbox.tokens("fiverr", "/oauth/token", **fields).json["access_token"]


def every_row(sandbox: Any, token: str) -> list[Any]:
    found, query = [], ""
    while True:
        data = sandbox.get(TRANSACTIONS + query, token).json["data"]
        found += data["transactions"]
        assert len(data["transactions"]) <= 20
        if not data["pageInfo"]["hasNextPage"]:
            assert len(found) == data["totalCount"]
            return found
        query = f"?after={quote(data['pageInfo']['endCursor'])}"


def test_transactions_page_by_cursor(sandbox: Any) -> None:
    rows = every_row(sandbox, sign_in(sandbox))
    orders = [row["order"]["encryptedId"] for row in rows if row["activity"] == "EARNING"]
    assert len(set(orders)) == len(orders) == 130
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)


def test_sellers_get_four_fifths_of_completed_orders(sandbox: Any) -> None:
    for row in every_row(sandbox, sign_in(sandbox)):
        if row["activity"] == "EARNING":
            order = row["order"]
            share = order["amount"]["amount"] * 0.8 if order["status"] == "COMPLETED" else 0
            assert row["amount"]["amount"] == round(share, 2)
        else:
            assert (row["order"], row["amount"]["amount"] < 0) == (None, True)


def test_profile_sums_up_the_orders(sandbox: Any) -> None:
    token = sign_in(sandbox)
    profile = sandbox.get(SELLER, token).json
    reviews = [row["order"]["review"] for row in every_row(sandbox, token) if row["order"] and row["order"]["review"]]
    assert profile["rating"]["count"] == len(reviews)
    assert profile["rating"]["value"] == round(sum(review["value"] for review in reviews) / len(reviews), 2)
    assert profile["level"] == "level_two"


def test_new_seller_has_nothing(sandbox: Any) -> None:
    token = sign_in(sandbox, "nia.newcomer@sandbox.example")
    assert every_row(sandbox, token) == []
    profile = sandbox.get(SELLER, token).json
    assert (profile["rating"], profile["responseRate"], profile["orderCompletionRate"]) == (None, None, None)


def test_errors(sandbox: Any) -> None:
    assert sandbox.get(f"{TRANSACTIONS}?after=x", sign_in(sandbox)).json["error"]["code"] == "bad_cursor"
    assert sandbox.get(SELLER, "made-up").status == 401
    sandbox.switch("fiverr", error_rate=1)
    answer = sandbox.get(SELLER)
    assert (answer.status, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")

import base64
from typing import Any
from urllib.parse import urlencode

import pytest

ALEX = "alex.sandberg@sandbox.example"
AUTHORIZE = "/uber/oauth/v2/authorize"
TOKEN = "/oauth/v2/token"
REDIRECT = "http://127.0.0.1:9/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
SCOPE = "partner.accounts partner.trips"


def redeem(sandbox: Any, code: str, /, **fields: str) -> Any:
    known = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    return sandbox.tokens("uber", TOKEN, **(known | fields))


def request(**parameters: str) -> str:
    known = {"response_type": "code", "client_id": "gigway-sandbox", "redirect_uri": REDIRECT, "scope": SCOPE}
    return f"{AUTHORIZE}?{urlencode(known | parameters)}"


def test_sign_in_page_lists_personas_and_says_that_it_is_simulated(sandbox: Any) -> None:
    page = sandbox.get(request())
    text = page.body.decode()
    assert page.status == 200
    assert "SIMULATED platform" in text
    assert "Continue as Alex Sandberg" in text
    assert "form-action 'self' http://127.0.0.1:9" in page.headers["content-security-policy"]
    assert "<script" not in text


def test_token_answer(sandbox: Any) -> None:
    answer = redeem(sandbox, sandbox.code(AUTHORIZE, scope=SCOPE)).json
    assert set(answer) == {"access_token", "refresh_token", "token_type", "expires_in", "scope"}
    assert (answer["token_type"], answer["scope"]) == ("Bearer", SCOPE)


def test_client_may_authenticate_by_basic(sandbox: Any) -> None:
    code = sandbox.code(AUTHORIZE, scope=SCOPE)
    basic = base64.b64encode(b"gigway-sandbox:sandbox-secret-uber").decode()
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    answer = sandbox.form(f"/uber{TOKEN}", {"Authorization": f"Basic {basic}"}, **fields)
    assert answer.status == 200


@pytest.mark.parametrize(
    "parameters",
    [
        {"client_id": "somebody"},
        {"redirect_uri": "https://elsewhere.example/callback"},
        {"redirect_uri": "http://127.0.0.1:x/"},
        {"redirect_uri": "http://user@127.0.0.1/"},
        {"redirect_uri": "http://127.0.0.1/#fragment"},
        {"redirect_uri": "javascript://127.0.0.1/"},
    ],
)
def test_untrusted_client_or_redirect_is_not_redirected(sandbox: Any, parameters: dict[str, str]) -> None:
    answer = sandbox.get(request(**parameters))
    assert answer.status == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"code_challenge": "abc", "code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_other_authorization_errors_go_back_to_the_client(sandbox: Any, parameters: dict[str, str], error: str) -> None:
    answer = sandbox.get(request(state="s", **parameters))
    assert answer.status == 302
    assert f"error={error}" in answer.headers["location"]
    assert "state=s" in answer.headers["location"]


def test_denial_and_unknown_persona(sandbox: Any) -> None:
    assert "error=access_denied" in sandbox.form(request(), deny="1").headers["location"]
    assert sandbox.form(request(), persona="nobody@sandbox.example").status == 400


def test_pkce_is_checked_when_used(sandbox: Any) -> None:
    def code() -> str:
        return sandbox.code(AUTHORIZE, scope=SCOPE, code_challenge=CHALLENGE, code_challenge_method="S256")

    assert redeem(sandbox, code(), code_verifier=VERIFIER).status == 200
    assert redeem(sandbox, code(), code_verifier="wrong").json["error"] == "invalid_grant"
    assert redeem(sandbox, code()).json["error"] == "invalid_grant"


def test_a_code_used_twice_revokes_what_it_brought(sandbox: Any) -> None:
    code = sandbox.code(AUTHORIZE, scope=SCOPE)
    token = redeem(sandbox, code).json["access_token"]
    assert redeem(sandbox, code).json["error"] == "invalid_grant"
    assert sandbox.get("/uber/v1/partners/me", token).status == 401


def test_a_code_expires(sandbox: Any, clock: Any) -> None:
    code = sandbox.code(AUTHORIZE, scope=SCOPE)
    clock.advance(601)
    assert redeem(sandbox, code).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 400, "unauthorized_client"),
        ({"code": "made-up"}, 400, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:9/other"}, 400, "invalid_grant"),
        ({"client_id": "gigway-sandbox-profile-only"}, 400, "invalid_grant"),
    ],
)
def test_token_errors(sandbox: Any, fields: dict[str, str], status: int, error: str) -> None:
    code = sandbox.code(AUTHORIZE, scope=SCOPE)
    answer = redeem(sandbox, code, **fields)
    assert (answer.status, answer.json["error"]) == (status, error)


def test_refresh_after_expiry(sandbox: Any, clock: Any) -> None:
    issued = redeem(sandbox, sandbox.code(AUTHORIZE, scope=SCOPE)).json
    clock.advance(issued["expires_in"])
    assert sandbox.get("/uber/v1/partners/me", issued["access_token"]).status == 401
    renewed = sandbox.tokens("uber", TOKEN, grant_type="refresh_token", refresh_token=issued["refresh_token"])
    assert sandbox.get("/uber/v1/partners/me", renewed.json["access_token"]).status == 200


def test_rotating_refresh_tokens_serve_once(sandbox: Any) -> None:
    code = sandbox.code("/upwork/ab/account-security/oauth2/authorize")
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    issued = sandbox.tokens("upwork", "/api/v3/oauth2/token", **fields).json
    again = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    assert sandbox.tokens("upwork", "/api/v3/oauth2/token", **again).json["refresh_token"] != issued["refresh_token"]
    assert sandbox.tokens("upwork", "/api/v3/oauth2/token", **again).json["error"] == "invalid_grant"


def test_revocation_ends_access_and_refresh(sandbox: Any) -> None:
    issued = redeem(sandbox, sandbox.code(AUTHORIZE, scope=SCOPE)).json
    assert sandbox.tokens("uber", "/oauth/v2/revoke", token=issued["refresh_token"]).status == 200
    assert sandbox.get("/uber/v1/partners/me", issued["access_token"]).status == 401
    renewed = sandbox.tokens("uber", TOKEN, grant_type="refresh_token", refresh_token=issued["refresh_token"])
    assert renewed.json["error"] == "invalid_grant"
    assert sandbox.tokens("uber", "/oauth/v2/revoke", token="unknown").status == 200

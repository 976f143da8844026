from datetime import UTC, datetime, timedelta

from connectors.sandbox.tokens import CodeRequest, IssuedTokens, Session, TokenDesk, TokenRefused

ALEX = "alex.sandberg@sandbox.example"
REQUEST = CodeRequest(client_id="client", login=ALEX, scopes=frozenset({"read"}))
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def desk(key: str = "1/uber", *, at: datetime = NOW, rotates: bool = False) -> TokenDesk:
    return TokenDesk(lambda: at, key, access_seconds=60, refresh_seconds=600, rotates=rotates)


def refreshed(outcome: IssuedTokens | TokenRefused) -> IssuedTokens:
    assert isinstance(outcome, IssuedTokens)
    return outcome


def test_tokens_outlive_the_process() -> None:
    issued = desk().grant(REQUEST)
    assert issued.refresh_token is not None
    restarted = desk()
    assert restarted.check(issued.access_token) == Session(login=ALEX, client_id="client", scopes=REQUEST.scopes)
    assert restarted.live_logins() == [ALEX]
    again = refreshed(restarted.refresh(issued.refresh_token, client_id="client"))
    assert isinstance(restarted.check(again.access_token), Session)


def test_tokens_are_of_one_platform_and_one_seed() -> None:
    issued = desk().grant(REQUEST)
    assert desk("1/upwork").check(issued.access_token) == "unknown"
    assert desk("2/uber").check(issued.access_token) == "unknown"


def test_tokens_cannot_be_altered_or_swapped() -> None:
    here = desk()
    issued = here.grant(REQUEST)
    assert issued.refresh_token is not None
    body, _, signature = issued.access_token.partition(".")
    assert here.check(f"{body[:-2]}AA.{signature}") == "unknown"
    assert here.check(body) == "unknown"
    assert here.check(issued.refresh_token) == "unknown"
    assert isinstance(here.refresh(issued.access_token, client_id="client"), TokenRefused)
    assert isinstance(here.refresh(issued.refresh_token, client_id="other"), TokenRefused)


def test_tokens_expire() -> None:
    issued = desk().grant(REQUEST)
    assert issued.refresh_token is not None
    later, much_later = desk(at=NOW + timedelta(seconds=60)), desk(at=NOW + timedelta(seconds=600))
    assert later.check(issued.access_token) == "expired"
    assert isinstance(later.refresh(issued.refresh_token, client_id="client"), IssuedTokens)
    assert isinstance(much_later.refresh(issued.refresh_token, client_id="client"), TokenRefused)


def test_forced_expiry_spares_what_is_issued_in_the_same_instant() -> None:
    here = desk()
    issued = here.grant(REQUEST)
    assert issued.refresh_token is not None
    here.expire_all()
    assert here.check(issued.access_token) == "expired"
    again = refreshed(here.refresh(issued.refresh_token, client_id="client"))
    assert isinstance(here.check(again.access_token), Session)


def test_revoking_a_persona_ends_connections_from_before_the_restart_too() -> None:
    issued = desk().grant(REQUEST)
    assert issued.refresh_token is not None
    restarted = desk()
    restarted.revoke_persona(ALEX)
    assert restarted.check(issued.access_token) == "revoked"
    assert isinstance(restarted.refresh(issued.refresh_token, client_id="client"), TokenRefused)
    assert restarted.live_logins() == []
    assert isinstance(restarted.check(restarted.grant(REQUEST).access_token), Session)
    assert restarted.live_logins() == [ALEX]

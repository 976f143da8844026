"""What proves a request: a header of any name, or a member of its body."""

import json

import pytest

from connectors.transport import BodyCredential, Credential, UpstreamMalformedError, UpstreamRequest

URL = "https://api.acme.example/x"


def test_a_header_of_its_own_name_and_prefix() -> None:
    credential = Credential(account_id="a", header="X-Acme-Key", value="Key s3cret")
    proven = credential.prove(UpstreamRequest(method="GET", url=URL, headers={"X-Other": "1"}))
    assert proven.headers == {"X-Other": "1", "X-Acme-Key": "Key s3cret"}


@pytest.mark.parametrize("body", [b"{}", b" { } ", b'{"UserEmail":"a@b.example","n":1.50}'])
def test_a_member_of_the_body_leaves_the_others_as_they_are(body: bytes) -> None:
    credential = BodyCredential(account_id="a", member="PlatformToken", value='s"3')
    proven = credential.prove(UpstreamRequest(method="POST", url=URL, body=body))
    assert proven.body is not None
    assert json.loads(proven.body) == {"PlatformToken": 's"3', **json.loads(body)}
    assert b"1.50" in proven.body or b"1.50" not in body


@pytest.mark.parametrize("body", [None, b"", b"[1]", b"text"])
def test_a_body_that_is_no_object_is_not_sent(body: bytes | None) -> None:
    credential = BodyCredential(account_id="a", member="PlatformToken", value="s3cret")
    with pytest.raises(UpstreamMalformedError):
        credential.prove(UpstreamRequest(method="POST", url=URL, body=body))


def test_no_repr_shows_the_secret() -> None:
    credential = BodyCredential(account_id="a", member="PlatformToken", value="s3cret")
    proven = credential.prove(UpstreamRequest(method="POST", url=URL, body=b"{}"))
    assert "s3cret" not in repr(credential) + repr(proven)

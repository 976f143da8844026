"""Signatures by the vectors that AWS documents, and what they are made of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.transport import UpstreamRequest
from connectors.transport.aws_signature import AwsCredential, AwsKey, signature_headers

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
HOST = "https://example.amazonaws.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def key(service: str = "service") -> AwsKey:
    return AwsKey(access_key_id="AKIDEXAMPLE", secret_access_key=SECRET, region="us-east-1", service=service)


def request(method: Any, url: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> UpstreamRequest:
    return UpstreamRequest(method=method, url=url, headers=headers or {}, body=body)


# AWS's "Signature Version 4 test suite": get-vanilla, post-vanilla, get-vanilla-query-order-key-case,
# post-x-www-form-urlencoded, get-relative-relative, get-slash-dot-slash.
VECTORS = [
    (request("GET", f"{HOST}/"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    (request("POST", f"{HOST}/"), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    (
        request("GET", f"{HOST}/?Param2=value2&Param1=value1"),
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        request("POST", f"{HOST}/", FORM, b"Param1=value1"),
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
    (
        request("GET", f"{HOST}/example1/example2/../.."),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (request("GET", f"{HOST}/./"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
]


@pytest.mark.parametrize(("signed", "signature"), VECTORS, ids=lambda value: getattr(value, "url", None))
def test_documented_vectors(signed: UpstreamRequest, signature: str) -> None:
    headers = signature_headers(signed, key(), AT)
    assert headers["X-Amz-Date"] == "20150830T123600Z"
    assert headers["Authorization"].endswith(f"Signature={signature}")


def test_documented_example_of_listing_users() -> None:
    signed = request(
        "GET",
        "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
    )
    assert signature_headers(signed, key("iam"), AT)["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


def test_every_attempt_is_signed_at_its_own_moment() -> None:
    moments = iter([AT, AT + timedelta(minutes=6)])
    credential = AwsCredential(account_id="acct_1", key=key(), clock=lambda: next(moments))
    first, second = (credential.prove(request("POST", f"{HOST}/", {"X-Amz-Target": "T"}, b"{}")) for _ in range(2))
    assert [each.headers["X-Amz-Date"] for each in (first, second)] == ["20150830T123600Z", "20150830T124200Z"]
    assert first.headers["Authorization"] != second.headers["Authorization"]
    assert first.headers["X-Amz-Target"] == "T"


def test_a_port_is_part_of_the_host_only_where_it_is_unusual() -> None:
    plain, same, other = (
        signature_headers(request("GET", url), key(), AT)["Authorization"]
        for url in (f"{HOST}/", f"{HOST}:443/", f"{HOST}:8443/")
    )
    assert plain == same != other


def test_no_repr_shows_the_secret() -> None:
    credential = AwsCredential(account_id="acct_1", key=key(), clock=lambda: AT)
    assert SECRET not in repr(credential) + repr(key())

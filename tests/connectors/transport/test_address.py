"""Which addresses may be reached: public ones over https, or loopback for the sandbox alone."""

import asyncio
import socket

import pytest

from connectors.transport import UpstreamUnavailableError
from connectors.transport.address import AddressRefusedError, JudgingResolver, Reach, check_url, is_allowed

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
    "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:7f00:1::",
    "64:ff9b:1::a00:1", "::a00:1", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    assert not is_allowed(address, Reach.PUBLIC)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_public_addresses_are_reached_and_not_in_the_sandbox(address: str) -> None:
    assert is_allowed(address, Reach.PUBLIC)
    assert not is_allowed(address, Reach.LOOPBACK)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_for_the_sandbox(address: str) -> None:
    assert is_allowed(address, Reach.LOOPBACK)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/",
        "ftp://api.example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://user:secret@api.example.com/",
        "https:///path",
        "https://api.example.com:99999/",
        "file:///etc/passwd",
    ],
)
def test_urls_that_may_not_be_called(url: str) -> None:
    with pytest.raises(UpstreamUnavailableError):
        check_url(url, Reach.PUBLIC)


def test_plain_http_is_for_loopback_only() -> None:
    check_url("http://127.0.0.1:1/", Reach.LOOPBACK)
    with pytest.raises(UpstreamUnavailableError):
        check_url("http://192.168.0.1:1/", Reach.LOOPBACK)


def test_name_that_points_inside_is_refused() -> None:
    async def resolve(reach: Reach) -> list[str]:
        found = await JudgingResolver(reach).resolve("localhost", 80, socket.AF_INET)
        return [each["host"] for each in found]

    assert asyncio.run(resolve(Reach.LOOPBACK)) == ["127.0.0.1"]
    with pytest.raises(AddressRefusedError):
        asyncio.run(resolve(Reach.PUBLIC))


def test_name_is_judged_whole_and_the_connection_goes_to_what_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that changes its mind between the judgement and the connection (DNS rebinding) is asked only once."""
    asked: list[str] = []

    async def main(answers: list[list[str]]) -> list[str]:
        loop = asyncio.get_running_loop()

        async def getaddrinfo(host: str, port: int, **_: object) -> list[object]:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answers[len(asked) - 1]]

        monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo, raising=False)
        found = await JudgingResolver(Reach.PUBLIC).resolve("api.example.com", 443)
        assert all(each["flags"] & socket.AI_NUMERICHOST for each in found)
        return [each["host"] for each in found]

    assert asyncio.run(main([["93.184.216.34"], ["10.0.0.1"]])) == ["93.184.216.34"]
    assert asked == ["api.example.com"]
    asked.clear()
    with pytest.raises(AddressRefusedError):
        asyncio.run(main([["93.184.216.34", "10.0.0.1"]]))

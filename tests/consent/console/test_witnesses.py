"""What operators and workers see of the log's witnesses."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.log import AuditLog
from consent.audit.log_signer import Signer
from consent.audit.note import split_note
from gateway.server.housekeeping import check_witnesses
from tests.consent.console.conftest import WITNESS

SIGNER = Signer("gigway.example/log", Ed25519PrivateKey.generate())


def test_operators_see_how_far_each_witness_is(site: Any) -> None:
    world, auditor = site.world, site.put("Bo", "auditor")
    world.actor()
    log = AuditLog(site.engine, SIGNER, clock=site.clock)
    world.give(world.worker(("u1", "uber")), [("uber", "engagements")])
    log.advance()
    page = auditor.get("/console/operator").text
    assert "has not cosigned anything yet" in page
    assert "has been silent" not in page
    note = log.latest()
    assert note is not None
    body, size = split_note(note)[0], int(note.split("\n")[1])
    line = WITNESS.signature(body, int(site.clock().timestamp()))
    assert site.console.cosignatures.take(size, line) is None
    page = auditor.get("/console/operator").text
    assert f"cosigned {size} events on" in page
    assert "Nothing new since." in page
    world.give(world.worker(("u2", "uber")), [("uber", "engagements")])
    log.advance()
    assert "1 event since" in auditor.get("/console/operator").text
    site.clock.advance(timedelta(minutes=14))
    assert "has been silent" not in auditor.get("/console/operator").text


def test_operators_are_warned_of_a_silent_witness(site: Any) -> None:
    world = site.world
    site.put("Bo", "auditor")
    world.actor()
    world.give(world.worker(("u1", "uber")), [("uber", "engagements")])
    AuditLog(site.engine, SIGNER, clock=site.clock).advance()
    site.clock.advance(timedelta(hours=1, minutes=1))
    auditor = site.browser("Bo")
    page = auditor.get("/console/operator").text
    assert "witness.example/1 has been silent for more than an hour." in page


def test_the_log_of_the_process_says_who_is_silent(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    world = site.world
    world.actor()
    world.give(world.worker(("u1", "uber")), [("uber", "engagements")])
    AuditLog(site.engine, SIGNER, clock=site.clock).advance()
    with caplog.at_level("WARNING", "gigway.server.housekeeping"):
        check_witnesses(site.console.cosignatures)
        assert caplog.records == []
        site.clock.advance(timedelta(hours=1, minutes=1))
        check_witnesses(site.console.cosignatures)
    (record,) = caplog.records
    assert (record.message, record.__dict__["witness"]) == ("server:witness:silent", "witness.example/1")

"""Receipts: what they say, and that nobody can change one."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.grants.records import ActorToday, GrantRecord, ToldCategory
from consent.receipts import Party, ReceiptError, receipt_of, receipt_signer, verify_receipt
from consent.signing import always

GIVEN = datetime(2026, 11, 22, 12, tzinfo=UTC)
US = Party(name="Test Gigway", url="https://gigway.example", contact="privacy@gigway.example")


def record(**changes):
    values = {
        "id": "1" * 32,
        "worker_id": "internal-worker",
        "client_id": "c1",
        "actor_id": "a1",
        "actor_trading_name": "Test Staffing",
        "actor_legal_name": "Test Staffing Ltd",
        "actor_jurisdiction": "SE",
        "actor_address": "Storgatan 1, Malmö",
        "actor_contact": "privacy@test-staffing.example",
        "actor_version": 2,
        "actor_today": ActorToday(
            trading_name="Other", legal_name="Other Ltd", jurisdiction="SE", contact="other@test-staffing.example"
        ),
        "purpose": "job_matching",
        "purpose_version": 1,
        "purpose_title": "Finding work",
        "purpose_text": "To find work.",
        "status": "active",
        "granted_at": GIVEN,
        "expires_at": GIVEN + timedelta(days=30),
        "ended_at": None,
        "end_reason": None,
        "version": 1,
        "parent_id": None,
        "locale": "en",
        "notice_sha256": "ab" * 32,
        "screen_sha256": "cd" * 32,
        "granted": frozenset({("uber", "ratings")}),
        "refused": frozenset({("upwork", "engagements")}),
        "told": {"ratings": ToldCategory(title="Marks", text="Marks as they were called then.", sensitivity="low")},
    }
    return GrantRecord(**(values | changes))


@pytest.fixture(scope="module")
def signer():
    return receipt_signer(always(Ed25519PrivateKey.from_private_bytes(b"7" * 32)))


def receipt(**changes):
    return receipt_of(record(**changes), subject="gw1_pairwise", intermediary=US, at=GIVEN, checkpoint="note")


# ISO/IEC TS 27560:2023, mandatory fields as W3C's DPV guide lists them, and what the GDPR makes mandatory besides:
# what it is, and where it stands in the receipt.
MANDATORY = {
    "schema version": "dct:conformsTo",
    "record identifier": "dct:identifier",
    "PII principal identifier": "dpv:hasDataSubject/dct:identifier",
    "privacy notice reference": "dpv:hasNotice/dct:identifier",
    "privacy notice version": "dpv:hasNotice/dct:hasVersion",
    "privacy notice language": "dpv:hasNotice/dct:language",
    "purpose": "dpv:hasPurpose/dct:identifier",
    "PII type": "dpv:hasPersonalData/0/gigway:category",
    "PII controller": "dpv:hasDataController/dct:identifier",
    "storage location": "dpv:hasStorageCondition/dpv:hasLocation",
    "retention period": "dpv:hasStorageCondition/dpv:hasDuration",
    "jurisdiction": "dpv:hasDataController/dpv:hasJurisdiction",
    "recipients, third parties": "dpv:hasRecipientThirdParty/dpv:hasName",
    "withdrawal method": "dpv:hasWithdrawalMethod",
    "party identifier": "dpv:hasDataController/dct:identifier",
    "party name": "dpv:hasDataController/dpv:hasName",
    "party address": "dpv:hasDataController/dpv:hasAddress",
    "party contact": "dpv:hasDataController/dpv:hasContact",
    "party type": "dpv:hasDataController/@type",
    "event time": "dpv:hasConsentStatus/0/dct:date",
    "event validity duration": "dpv:hasConsentStatus/0/dpv:hasDuration",
    "event entity identifier": "dpv:hasConsentStatus/0/dpv:isIndicatedBy",
    "event type": "dpv:hasConsentStatus/0/@type",
    "event state": "dpv:hasConsentStatus/0/gigway:state",
    "lawful basis (GDPR)": "dpv:hasLegalBasis",
    "source of the data (GDPR)": "dpv:hasDataSource/0",
    "processing (GDPR)": "dpv:hasProcessing/0",
    "data transfers (GDPR)": "gigway:transfers",
    "rights (GDPR)": "dpv:hasRight/0",
    "authority (GDPR)": "dpv:hasAuthority",
    "special categories (GDPR)": "gigway:specialCategories",
}


@pytest.mark.parametrize(("field", "path"), MANDATORY.items())
@pytest.mark.parametrize("missing", [False, True])
def test_a_receipt_has_every_mandatory_field(field, path, missing):
    nothing = {"actor_jurisdiction": None, "actor_address": None, "actor_contact": None}
    value = receipt(**(nothing if missing else {}))
    for step in path.split("/"):
        value = value[int(step)] if step.isdigit() else value[step]
    assert value not in (None, ""), field


def test_a_receipt_says_what_was_granted_and_what_was_refused():
    made = receipt()
    assert [(i["gigway:platform"], i["gigway:category"]) for i in made["dpv:hasPersonalData"]] == [("uber", "ratings")]
    assert [(i["gigway:platform"], i["gigway:category"]) for i in made["gigway:refused"]] == [("upwork", "engagements")]


def test_a_receipt_never_has_the_internal_id():
    assert "internal-worker" not in json.dumps(receipt())


def test_a_receipt_of_an_ended_grant_says_so():
    ended = receipt(status="withdrawn", ended_at=GIVEN + timedelta(hours=1))
    assert [event["@type"] for event in ended["dpv:hasConsentStatus"]] == ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]


def test_a_signed_receipt_is_verified_with_the_published_key(signer):
    assert verify_receipt(signer.sign(receipt()), signer.jwks()) == receipt()
    assert "d" not in signer.jwks()["keys"][0]


def test_a_changed_receipt_is_refused(signer):
    header, payload, signature = signer.sign(receipt()).split(".")
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).replace(b"ratings", b"reviews")
    changed = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    with pytest.raises(ReceiptError):
        verify_receipt(f"{header}.{changed}.{signature}", signer.jwks())


def test_another_key_and_another_kind_of_document_are_refused(signer):
    other = receipt_signer(always(Ed25519PrivateKey.from_private_bytes(b"8" * 32)))
    with pytest.raises(ReceiptError):
        verify_receipt(signer.sign(receipt()), other.jwks())
    for text in ("", "a.b.c", "{}"):
        with pytest.raises(ReceiptError):
            verify_receipt(text, signer.jwks())

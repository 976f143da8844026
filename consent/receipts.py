"""Consent receipts: what was agreed, for the worker to keep; signed, and verifiable without us.

The fields are those of ISO/IEC TS 27560:2023 as W3C's DPV guide maps them (`w3id.org/dpv/guides/consent-27560`,
profile `record-eu-gdpr`), as JSON-LD. The signature is a JWS (RFC 7515, `Ed25519` of RFC 9864) over the receipt's
bytes; the keys, old ones too, are published as a JWK set. A receipt carries the newest checkpoint of the audit log, and
the newest one that a witness has cosigned, so that whoever holds one can tell whether the log's history was changed
later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from consent.columns import utc_now
from consent.grants.records import GrantRecord
from consent.signing import JwsSigner, Keys

SCHEMA_VERSION = "dpv-27560:record-eu-gdpr"
TYPE = "gigway-receipt+jws"

_SKEW = 300
"""How many seconds clocks may differ where a key's period is looked at."""

_NOT_STATED = "gigway:NotStated"
"""What stands where a party has not told what a record must say."""

_CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "dpv-27560": "https://w3id.org/dpv/schema/dpv-27560#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "gigway": "https://specs.gigway.example/consent#",
}
_STATUS = {
    "active": "dpv:ConsentGiven",
    "withdrawn": "dpv:ConsentWithdrawn",
    "revoked": "dpv:ConsentRevoked",
    "expired": "dpv:ConsentExpired",
    "superseded": "dpv:RenewedConsentGiven",
    "invalidated": "dpv:ConsentInvalidated",
}


class ReceiptError(ValueError):
    """A receipt is not one of ours, or was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who runs this Gigway: the intermediary named in receipts."""

    name: str
    url: str
    contact: str | None = None


def receipt_of(
    grant: GrantRecord,
    *,
    subject: str,
    intermediary: Party,
    at: datetime,
    checkpoint: str | None = None,
    cosigned_checkpoint: str | None = None,
) -> dict[str, Any]:
    """Return the receipt for `grant` as a JSON-LD object.

    `subject` is the id under which the actor knows the worker; the internal one stays inside.
    """
    record: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "dpv:ConsentRecord",
        "@id": f"{intermediary.url}/grants/{grant.id}",
        "dct:conformsTo": SCHEMA_VERSION,
        "dct:identifier": grant.id,
        "dct:hasVersion": grant.version,
        "dct:issued": at.isoformat(),
        "dpv:hasDataSubject": {"@type": "dpv:DataSubject", "dct:identifier": subject},
        "dpv:hasDataController": {
            "@type": "dpv:DataController",
            "dct:identifier": grant.actor_id,
            "dct:hasVersion": grant.actor_version,
            "dpv:hasName": grant.actor_legal_name,
            "gigway:tradingName": grant.actor_trading_name,
            "dpv:hasAddress": grant.actor_address or _NOT_STATED,
            "dpv:hasContact": grant.actor_contact or _NOT_STATED,
            "dpv:hasJurisdiction": grant.actor_jurisdiction or _NOT_STATED,
        },
        "dpv:hasRecipientThirdParty": {
            "@type": "dpv:DataIntermediary",
            "dpv:hasName": intermediary.name,
            "dpv:hasAddress": intermediary.url,
            "dpv:hasContact": intermediary.contact,
        },
        "dpv:hasLegalBasis": "eu-gdpr:A6-1-a",
        "dpv:hasNotice": {
            "@type": "dpv:ConsentNotice",
            "dct:identifier": f"sha256:{grant.notice_sha256}",
            "dct:hasVersion": grant.notice_sha256[:12],
            "gigway:screen": f"sha256:{grant.screen_sha256}",
            "dct:language": grant.locale,
        },
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "dct:identifier": grant.purpose,
            "dct:hasVersion": grant.purpose_version,
            "dct:title": grant.purpose_title,
            "dct:description": grant.purpose_text,
        },
        "dpv:hasPersonalData": [_item(grant, *item) for item in sorted(grant.granted)],
        "gigway:refused": [_item(grant, *item) for item in sorted(grant.refused)],
        "dpv:hasProcessing": ["dpv:Obtain", "dpv:Disclose"],
        "dpv:hasDataSource": sorted({platform for platform, _ in grant.granted}),
        # The intermediary fetches when asked and keeps nothing; what the controller keeps, its own notice says.
        "dpv:hasStorageCondition": {
            "@type": "dpv:StorageCondition",
            "dpv:hasLocation": "gigway:NotStored",
            "dpv:hasDuration": {"@type": "dpv:UntilEventDuration", "dct:description": "until it is handed over"},
        },
        "gigway:transfers": "gigway:NoneByIntermediary",
        "gigway:specialCategories": "gigway:None",
        "dpv:hasAuthority": {
            "@type": "dpv:DataProtectionAuthority",
            "dpv:hasJurisdiction": grant.actor_jurisdiction or _NOT_STATED,
        },
        "dpv:hasDuration": {"@type": "dpv:UntilTimeDuration", "dct:valid": grant.expires_at.isoformat()},
        "dpv:hasWithdrawalMethod": f"{intermediary.url}/me/grants/{grant.id}",
        "dpv:hasRight": ["eu-gdpr:A7-3", "eu-gdpr:A15", "eu-gdpr:A17", "eu-gdpr:A20"],
        "dpv:hasConsentStatus": _events(grant, subject),
    }
    if checkpoint is not None:
        record["gigway:auditCheckpoint"] = checkpoint
    if cosigned_checkpoint is not None:
        record["gigway:cosignedAuditCheckpoint"] = cosigned_checkpoint
    return record


def receipt_signer(keys: Keys, *, clock: Callable[[], datetime] = utc_now) -> JwsSigner:
    """Return what signs receipts."""
    return JwsSigner(keys, TYPE, clock=clock)


def verify_receipt(signed: str, jwks: Mapping[str, Any]) -> dict[str, Any]:
    """Return the receipt in a compact JWS when a key of `jwks` signed it in its time. Raises `ReceiptError`."""
    try:
        revoked = {each["kid"] for each in jwks.get("revoked", [])}
        keys = KeySet.import_key_set({"keys": list(jwks["keys"])})
        if jws.extract_compact(signed.strip().encode()).headers().get("kid") in revoked:
            raise ReceiptError(
                "The key that signed this has been marked as compromised, so anybody may have made it; "
                "download the receipt again from the grant's page."
            )
        found = jws.deserialize_compact(signed.strip(), keys, algorithms=["Ed25519"])
        if found.headers().get("typ") != TYPE or found.payload is None:
            raise ReceiptError("This is signed by that key but is not a receipt.")
        receipt: dict[str, Any] = json.loads(found.payload)
        _check_period(receipt, next(key for key in jwks["keys"] if key.get("kid") == found.headers().get("kid")))
    except (AttributeError, JoseError, KeyError, StopIteration, TypeError, ValueError) as error:
        if isinstance(error, ReceiptError):
            raise
        raise ReceiptError("The receipt was changed, or another key signed it.") from None
    return receipt


def _check_period(receipt: Mapping[str, Any], key: Mapping[str, Any]) -> None:
    issued = datetime.fromisoformat(receipt["dct:issued"]).timestamp()
    if not key.get("nbf", issued) - _SKEW <= issued <= key.get("exp", issued) + _SKEW:
        raise ReceiptError("The key that signed this was not in use when the receipt says that it was issued.")


def _item(grant: GrantRecord, platform: str, category: str) -> dict[str, str]:
    item = {"@type": "dpv:PersonalData", "gigway:platform": platform, "gigway:category": category}
    told = grant.told.get(category)
    return item if told is None else item | {"dct:title": told.title, "dct:description": told.text}


def _events(grant: GrantRecord, subject: str) -> list[dict[str, Any]]:
    until = {"@type": "dpv:UntilTimeDuration", "dct:valid": grant.expires_at.isoformat()}
    given = {
        "@type": "dpv:ConsentGiven",
        "dct:date": grant.granted_at.isoformat(),
        "dpv:isIndicatedBy": subject,
        "dpv:hasDuration": until,
        "gigway:by": "worker",
        "gigway:state": "active",
    }
    if grant.ended_at is None:
        return [given]
    who = {"withdrawn": subject, "superseded": subject, "revoked": grant.actor_id}.get(
        grant.status, "gigway:Intermediary"
    )
    ended = {
        "@type": _STATUS[grant.status],
        "dct:date": grant.ended_at.isoformat(),
        "dpv:isIndicatedBy": who,
        "dpv:hasDuration": until,
        "gigway:state": grant.status,
    }
    return [given, ended]

"""`gigway audit`: check the access log, from the inside and from the outside, and be its witness (`witness.py`)."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consent.audit.cosignatures import Cosignatures
from consent.audit.fold import differing_grants
from consent.audit.keys import KeyType, VerifierKey
from consent.audit.note import split_note
from consent.audit.outside import verify_from_outside
from consent.audit.verify import Finding, verify_log
from gateway.cli.failure import CommandError
from gateway.cli.files import read_text
from gateway.cli.public_log import PublicLog
from gateway.cli.witness import add_parser as add_witness
from gateway.cli.witness import read_key
from gateway.config import load_settings
from gateway.server.signers import audit_signer
from gateway.storage.database import create_database_engine, read_only
from gateway.storage.key_watch import key_versions
from gateway.storage.lasting_keys import open_lasting_keys
from gateway.storage.vault import Vault


def add_parsers(commands: Any) -> None:
    """Add `audit`."""
    audit = commands.add_parser("audit", help="the access log").add_subparsers(
        dest="audit", metavar="WHAT", required=True
    )
    verify = audit.add_parser("verify", help="check the log: all of it in the database, or from the outside")
    verify.add_argument("url", nargs="?", help="check this Gigway's log from the outside; without, the database's")
    verify.add_argument(
        "--key", action="append", help="with a URL: the log's verifier key, from a source that you trust; repeatable"
    )
    verify.add_argument(
        "--earlier", type=Path, action="append", default=[], help="a checkpoint kept elsewhere; repeatable"
    )
    verify.add_argument(
        "--witness", action="append", default=[], help="verifier key of a witness that must have cosigned; repeatable"
    )
    verify.set_defaults(run=_verify)
    add_witness(audit)


def _verify(options: argparse.Namespace) -> int:
    earlier = [read_text(file) for file in options.earlier]
    demanded = [read_key(each, KeyType.WITNESS, "--witness", "key.pub of the witness") for each in options.witness]
    if options.url is not None:
        if options.key is None:
            raise CommandError("KEY_MISSING", "name the log's verifier key with --key", exit_code=2)
        keys = [read_key(each, KeyType.LOG, "--key", "GET /audit/key") for each in options.key]
        return _verify_public(options.url, keys, earlier, demanded)
    if options.key is not None:
        raise CommandError("KEY_UNUSED", "--key is for a log that is checked from the outside, by its URL", exit_code=2)
    return _verify_database(earlier, demanded)


def _verify_database(earlier: Sequence[str], demanded: Sequence[VerifierKey]) -> int:
    settings = load_settings(os.environ)
    engine = create_database_engine(settings.database_url)
    try:
        keys = open_lasting_keys(engine, Vault(settings.keyring))
        signer = audit_signer(settings, lambda: key_versions(keys, "audit"))
        with read_only(engine).connect() as connection:
            findings = verify_log(
                connection,
                signer.verifiers(),
                earlier=earlier,
                witnesses=settings.witness_keys,
                demanded=demanded,
            )
            differing = differing_grants(connection)
        standing = Cosignatures(engine, (*settings.witness_keys, *demanded)).standing()
    finally:
        engine.dispose()
    for grant_id in differing:
        print(f"grant {grant_id} is not in the state that its events say")
    _conclude(findings)
    if differing:
        raise CommandError("GRANTS_DIFFER", f"{len(differing)} of the grants were changed past the log")
    print("the log is whole: every entry, node and checkpoint is as it was written")
    for witness in standing:
        if witness.at is None:
            print(f"{witness.name} has cosigned nothing yet")
        else:
            print(f"{witness.name} cosigned {witness.size} events at {witness.at.isoformat()}; {witness.behind} since")
    return 0


def _verify_public(
    url: str, keys: Sequence[VerifierKey], earlier: Sequence[str], demanded: Sequence[VerifierKey]
) -> int:
    with closing(PublicLog(url)) as log:
        cosigned = {witness.name: log.cosigned_by(witness.name) for witness in demanded}
        newest = log.checkpoint()
        kept = [*earlier, *(note for note in cosigned.values() if note is not None)]
        findings = verify_from_outside(newest, kept, log.consistency, keys, demanded=demanded)
    _conclude(findings)
    print(f"the log of {_size(newest)} events continues every checkpoint that was given")
    for witness in demanded:
        note = cosigned[witness.name] or ""
        at = [each.cosigned_at for each in split_note(note)[1] if each.is_by(witness)] if note else []
        if at:
            print(f"{witness.name} cosigned {_size(note)} events at {datetime.fromtimestamp(max(at), UTC).isoformat()}")
    return 0


def _conclude(findings: Sequence[Finding]) -> None:
    for finding in findings:
        print(f"{finding.code}: {finding.where}")
    if findings:
        raise CommandError("AUDIT_LOG_ALTERED", f"{len(findings)} finding{'s' if len(findings) > 1 else ''}")


def _size(note: str) -> str:
    return note.split("\n", 2)[1]

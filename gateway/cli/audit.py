"""`gigway audit`: check the access log, from the inside and from the outside, and be its witness."""

from __future__ import annotations

import argparse
import base64
import os
import time
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from consent.audit.fold import differing_grants
from consent.audit.note import NoteError, VerifierKey, read_checkpoint
from consent.audit.verify import verify_log
from consent.audit.witness import Witness, WitnessError
from gateway.cli.failure import CommandError
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
    verify = audit.add_parser("verify", help="check the whole log in the database against itself")
    verify.add_argument(
        "--earlier", type=Path, action="append", default=[], help="a checkpoint kept elsewhere; repeatable"
    )
    verify.set_defaults(run=_verify)
    witness = audit.add_parser("witness", help="watch a log from the outside and cosign what continues it")
    witness.add_argument("url", help="the Gigway's address, for instance https://gigway.example")
    witness.add_argument("--key", required=True, help="the log's verifier key, from a source that you trust")
    witness.add_argument("--name", required=True, help="the witness's own name, for instance witness.example/1")
    witness.add_argument("--folder", type=Path, default=Path("witness"), help="where it keeps its key and memory")
    witness.add_argument("--every", type=float, help="look every so many seconds (default: once)")
    witness.set_defaults(run=_witness)


def _verify(options: argparse.Namespace) -> int:
    settings = load_settings(os.environ)
    earlier = [_read(file) for file in options.earlier]
    engine = create_database_engine(settings.database_url)
    try:
        keys = open_lasting_keys(engine, Vault(settings.keyring))
        signer = audit_signer(settings, lambda: key_versions(keys, "audit"))
        with read_only(engine).connect() as connection:
            findings = verify_log(connection, signer.verifiers(), earlier=earlier)
            differing = differing_grants(connection)
    finally:
        engine.dispose()
    for finding in findings:
        print(finding)
    for grant_id in differing:
        print(f"grant {grant_id} is not in the state that its events say")
    if differing and not findings:
        raise CommandError("GRANTS_DIFFER", f"{len(differing)} of the grants were changed past the log")
    if findings:
        raise CommandError("AUDIT_LOG_ALTERED", f"{len(findings)} finding{'s' if len(findings) > 1 else ''}")
    print("the log is whole: every entry, node and checkpoint is as it was written")
    return 0


def _witness(options: argparse.Namespace) -> int:
    try:
        log = VerifierKey.read(options.key)
    except (NoteError, ValueError):
        raise CommandError("KEY_INVALID", "--key is not a verifier key; see GET /audit/key", exit_code=2) from None
    options.folder.mkdir(parents=True, exist_ok=True)
    witness = Witness(options.name, _own_key(options.folder / "key"), logs=[log], memory=options.folder / "memory.json")
    while True:
        print(_look(options.url.rstrip("/"), witness, log), end="", flush=True)
        if options.every is None:
            return 0
        time.sleep(options.every)


def _look(url: str, witness: Witness, log: VerifierKey) -> str:
    """Fetch the newest checkpoint and the proof that it continues the one seen last; return it cosigned."""
    try:
        with httpx2.Client(timeout=10.0) as client:
            note = client.get(f"{url}/audit/checkpoint").raise_for_status().text
            checkpoint = read_checkpoint(note, [log])
            seen = witness.seen(checkpoint.origin)
            path: list[bytes] = []
            if 0 < seen < checkpoint.size:
                range_ = {"first": seen, "second": checkpoint.size}
                answer = client.get(f"{url}/audit/consistency", params=range_).raise_for_status().json()
                path = [base64.b64decode(each) for each in answer["path"]]
        return note + witness.cosign(note, path)
    except httpx2.HTTPError as error:
        raise CommandError("LOG_UNREACHABLE", f"{url} does not answer as a log ({type(error).__name__})") from None
    except (NoteError, KeyError, ValueError) as error:
        raise CommandError("NOTE_INVALID", f"what {url} answers is not this log's: {error}") from None
    except WitnessError as error:
        raise CommandError(error.code, str(error)) from None


def _own_key(file: Path) -> Ed25519PrivateKey:
    if file.exists():
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(_read(file)))
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(base64.b64encode(raw).decode())
    return key


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError("FILE_UNREADABLE", f"{file}: {error}", exit_code=2) from None

"""Rotation: after it the old master key may go, and nothing that was sealed or handed out is lost."""

import ast
import base64
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select, text, update

from connectors.accounts.models import LinkedAccount
from connectors.accounts.tokens import AccountTokens
from connectors.linking.attempts import AttemptStore
from connectors.takeout.models import TakeoutUpload
from consent.columns import utc_now
from consent.leases.keeper import LeaseKeeper
from consent.models import Worker
from consent.signin.models import CREDENTIALS
from consent.signin.settings import SignInSettings
from consent.signin.totp import STEP, Totp, one_time_code
from gateway.cli import main
from gateway.storage.database import DatabaseError
from gateway.storage.key_watch import KeyWatch
from gateway.storage.keyring import generate_key, parse_keyring
from gateway.storage.lasting_keys import LastingKey, open_lasting_keys
from gateway.storage.migrate import migrate
from gateway.storage.rotation import rotate_secrets
from gateway.storage.sealed import SEALED
from gateway.storage.sealer import PairwiseSealer
from gateway.storage.tables import metadata
from gateway.storage.vault import Vault, VaultError

ROOT = Path(__file__).parent.parent.parent
K1, K2 = generate_key("k1"), generate_key("k2")
OLD, BOTH, NEW = (Vault(parse_keyring(keys)) for keys in (K1, f"{K2},{K1}", K2))
ACCOUNTS = 7


class Asker:
    actor_id, worker_id = "acme", None


@pytest.fixture
def filled(engine):
    """A database with a secret of each kind under the old key."""
    migrate(engine)
    now = utc_now()
    open_lasting_keys(engine, OLD)
    with engine.begin() as connection:
        connection.execute(Worker.__table__.insert().values(id="w1", created_at=now))
        for number in range(ACCOUNTS):
            connection.execute(
                LinkedAccount.__table__.insert().values(
                    id=f"a{number}",
                    worker_id="w1",
                    platform="uber",
                    reference_digest=str(number),
                    credential=_tokens(number).seal(OLD, f"a{number}") if number else None,
                    linked_at=now,
                    updated_at=now,
                )
            )
        connection.execute(
            TakeoutUpload.__table__.insert().values(
                account_id="a1", content=OLD.seal(b"export", "takeout:a1"), sha256="", uploaded_at=now
            )
        )
        connection.execute(
            CREDENTIALS.insert().values(
                id="p", worker_id="w1", kind="password", name="w", secret="$argon2id$x", public={}, created_at=now
            )
        )
    AttemptStore(engine, OLD, clock=utc_now).keep(
        "state", worker_id="w1", platform="uber", verifier="verifier", return_to=None
    )
    return engine


def _tokens(number):
    return AccountTokens(access_token=f"access-{number}", refresh_token="refresh")


def _totp(engine, vault):
    return Totp(engine, SignInSettings(issuer="https://gigway.example"), vault)


def _code(secret):
    return one_time_code(secret.encode(), int(datetime.now(UTC).timestamp()) // STEP)


def test_after_rotation_the_old_key_is_needed_for_nothing(filled):
    before = open_lasting_keys(filled, OLD)
    ids = PairwiseSealer(KeyWatch(filled, OLD, before)).seal("w1", Asker)
    done, begun = (_totp(filled, OLD).begin_setup("w1", "w") for _ in range(2))
    assert _totp(filled, OLD).finish_setup("w1", done.state, _code(done.secret))

    rotation = rotate_secrets(filled, BOTH, batch=2)
    # eight lasting keys, the accounts but one, an upload, an attempt, a code key, a code key being set up
    assert (rotation.looked_at, rotation.rewrapped) == (8 + ACCOUNTS - 1 + 4,) * 2
    assert not rotation.unopened
    assert rotate_secrets(filled, BOTH).rewrapped == 0

    after = open_lasting_keys(filled, NEW)
    assert after == before
    assert PairwiseSealer(KeyWatch(filled, NEW, after)).unseal(ids, Asker) == "w1"
    with filled.connect() as connection:
        for number in range(1, ACCOUNTS):
            sealed = connection.execute(
                select(LinkedAccount.credential).where(LinkedAccount.id == f"a{number}")
            ).scalar_one()
            assert AccountTokens.open(sealed, NEW, f"a{number}") == _tokens(number)
            with pytest.raises(VaultError):
                AccountTokens.open(sealed, OLD, f"a{number}")
        assert NEW.open(connection.execute(select(TakeoutUpload.content)).scalar_one(), "takeout:a1") == b"export"
        assert connection.execute(select(CREDENTIALS.c.secret).where(CREDENTIALS.c.id == "p")).scalar() == "$argon2id$x"
    attempt = AttemptStore(filled, NEW, clock=utc_now).redeem("state", worker_id="w1", platform="uber")
    assert attempt is not None
    assert attempt.verifier == "verifier"
    assert _totp(filled, NEW).finish_setup("w1", begun.state, _code(begun.secret))


def test_an_interrupted_rotation_goes_on_where_it_was(filled):
    class StopError(Exception):
        pass

    def interrupt(table, done, total):
        if table == "linked_account" and done >= 4:
            raise StopError

    with pytest.raises(StopError):
        rotate_secrets(filled, BOTH, progress=interrupt, batch=2)
    rest = rotate_secrets(filled, BOTH, batch=2)
    assert 0 < rest.rewrapped < rest.looked_at
    assert rotate_secrets(filled, NEW).unopened == {}


def test_what_processes_write_meanwhile_is_kept(filled):
    """Tokens are refreshed all the while, by processes that have the new key in front."""
    stop, written = threading.Event(), {}

    def refresh():
        number = 1
        while not stop.is_set() or number < 20:
            account = f"a{1 + number % (ACCOUNTS - 1)}"
            tokens = AccountTokens(access_token=f"fresh-{number}")
            with filled.begin() as connection:
                connection.execute(
                    update(LinkedAccount)
                    .where(LinkedAccount.id == account)
                    .values(credential=tokens.seal(BOTH, account), version=number)
                )
            written[account] = tokens
            number += 1

    writer = threading.Thread(target=refresh)
    writer.start()
    for _ in range(5):
        rotate_secrets(filled, BOTH, batch=1)
    stop.set()
    writer.join()
    with filled.connect() as connection:
        for account, tokens in written.items():
            sealed = connection.execute(select(LinkedAccount.credential).where(LinkedAccount.id == account)).scalar()
            assert AccountTokens.open(sealed, NEW, account) == tokens


def test_secrets_that_do_not_open_are_counted_and_left(filled):
    lost = Vault(parse_keyring(generate_key("k0"))).seal(b"{}", "linked_account:a0")
    with filled.begin() as connection:
        connection.execute(update(LinkedAccount).where(LinkedAccount.id == "a0").values(credential=lost))
    assert rotate_secrets(filled, BOTH).unopened == {"k0": 1}
    with filled.connect() as connection:
        assert connection.execute(select(LinkedAccount.credential).where(LinkedAccount.id == "a0")).scalar() == lost


@pytest.mark.parametrize(("keys", "code"), [(K2, "MASTER_KEY_MISSING"), (generate_key("k1"), "MASTER_KEY_WRONG")])
def test_without_the_key_nothing_starts(filled, keys, code):
    with pytest.raises(DatabaseError) as raised:
        open_lasting_keys(filled, Vault(parse_keyring(keys)))
    assert raised.value.code == code


def test_lasting_keys_are_made_once_however_many_start(engine):
    migrate(engine)
    found = []
    threads = [threading.Thread(target=lambda: found.append(open_lasting_keys(engine, OLD))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == found[0] for each in found)
    with engine.connect() as connection:
        sealed = connection.execute(select(LastingKey.sealed)).scalars().all()
    assert not any(found[0].key("pairwise") in each for each in sealed)


def test_the_command_says_when_the_old_key_may_go(filled, monkeypatch, capsys):
    def run(keys):
        monkeypatch.setenv("GIGWAY_DATABASE_URL", filled.url.render_as_string(hide_password=False))
        monkeypatch.setenv("GIGWAY_MASTER_KEYS", keys)
        code = main(["keys", "rotate"])
        return code, *capsys.readouterr()

    behind = LeaseKeeper(filled, listen=False, master_keys=parse_keyring(K1).names())
    behind.start()
    code, out, err = run(f"{K2},{K1}")
    assert (code, out) == (1, "")
    assert err.startswith("KEY_NOT_IN_USE: ")
    behind.close()

    ahead = LeaseKeeper(filled, listen=False, master_keys=parse_keyring(f"{K2},{K1}").names())
    ahead.start()
    code, out, err = run(f"{K2},{K1}")
    ahead.close()
    assert code == 0
    assert "all secrets are under 'k2': take 'k1' out of GIGWAY_MASTER_KEYS" in out
    assert f"linked_account: {ACCOUNTS} of {ACCOUNTS}" in err
    assert K1[3:] not in out + err
    code, out, err = run(generate_key("k3"))
    assert code == 1
    assert err.splitlines()[-1].startswith("SECRETS_UNOPENED: ")
    with filled.connect() as connection:
        events = connection.execute(text("SELECT payload FROM consent_event WHERE type = 'storage:keys:rotate'")).all()
    assert len(events) == 2


def test_no_column_of_secrets_is_missing_from_the_list():
    """Bytes are sealed or hashes of the log; and whatever seals does so into a column of the list."""
    listed = {(each.table, each.column) for each in SEALED}
    known = {
        ("audit_leaf", "hash"),
        ("audit_node", "hash"),
        ("audit_checkpoint", "root"),
        ("taxonomy_version", "content"),
        ("feed_copy", "content"),
    }
    columns = {
        (table.name, column.name)
        for table in metadata().tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert columns <= listed | known
    sealing = {
        "consent/signin/totp.py",
        "connectors/accounts/tokens.py",
        "connectors/takeout/store.py",
        "connectors/linking/attempts.py",
        "connectors/linking/claims.py",
        "gateway/storage/lasting_keys.py",
        "graph/counting/releases.py",
        "graph/finding/rankings.py",
        "graph/finding/vectors.py",
        "graph/finding/wishes.py",
    }
    assert set(_files_that_seal()) == sealing, "list the column in gateway/storage/sealed.py, then the file here"


def _files_that_seal():
    for package in ("consent", "connectors", "graph", "gateway"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "seal":
                    owner = ast.unparse(node.func.value)
                    if owner.endswith("vault"):
                        yield str(file.relative_to(ROOT))


def test_a_sealed_text_is_told_from_a_hash():
    column = next(each for each in SEALED if each.table == "worker_credential")
    assert column.take("$argon2id$v=19$…") is None
    assert column.take(base64.b64encode(b"x").decode()) == b"x"

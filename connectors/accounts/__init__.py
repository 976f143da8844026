"""Linked accounts: what Gigway may read *from*.

        link ─────────► OK ◄───────── link again
                         │ 401, or the refresh token is refused
                         ▼
                    RELINK_NEEDED          OK, RELINK_NEEDED ── unlink ──► UNLINKED (credential deleted)

models    the table
vault     encryption at rest, as a protocol
store     reading and changing accounts, one transaction each
tokens    the tokens of one account, sealed and opened
keeper    the runtime's `Credentials`: refreshed in time, by one process at a time
"""

from connectors.accounts.keeper import CredentialKeeper
from connectors.accounts.models import AccountStatus, LinkedAccount
from connectors.accounts.store import AccountStore, AccountView, ForeignAccountError, SubjectGate
from connectors.accounts.tokens import AccountTokens
from connectors.accounts.vault import Vault

__all__ = [
    "AccountStatus",
    "AccountStore",
    "AccountTokens",
    "AccountView",
    "CredentialKeeper",
    "ForeignAccountError",
    "LinkedAccount",
    "SubjectGate",
    "Vault",
]

"""Ours, not Apollo's: who is meant.

`->gig_redacted` stands for a value that is withheld, `->gig_email` is an address as it is compared, and
`->gig_pseudonym` is a stable name for a third party that does not tell who they are.
HMAC-SHA-256 under the installation's key, 128 bits of it.
The key is the variable `PSEUDONYM_KEY`, which the parser lets no mapping name: an SDL cannot send it anywhere.
"""

import hmac

from connectors.mapping.json_values import REDACTED, Json
from connectors.mapping.methods.method import Answer, mismatch, of_arguments, of_value
from connectors.mapping.run import PSEUDONYM_KEY, Run, Site

_SHORTEST_KEY = 16


def _pseudonym(value: Json, site: Site, run: Run, scope: Json) -> Json:
    if not isinstance(scope, str):
        return mismatch(site, run, "a scope as string", scope)
    if not isinstance(value, str) and type(value) is not int:
        return mismatch(site, run, "an identifier as string or whole number", value)
    key = run.variables.get(PSEUDONYM_KEY)
    secret = key.encode() if isinstance(key, str) else key
    if not isinstance(secret, bytes) or len(secret) < _SHORTEST_KEY:
        return site.complain(run, "NO_PSEUDONYM_KEY", "this installation has no key for pseudonyms")
    scoped = scope.encode("utf-8", "surrogatepass")
    named = str(value).encode("utf-8", "surrogatepass")
    message = len(scoped).to_bytes(4, "big") + scoped + named
    return "p_" + hmac.digest(secret, message, "sha256").hex()[:32]


def _email(value: Json, site: Site, run: Run) -> Json:
    return value.strip().lower() if isinstance(value, str) else mismatch(site, run, "an address as string", value)


METHODS = (
    of_arguments("gig_pseudonym", 1, 1, Answer.STRING, _pseudonym),
    of_value("gig_email", Answer.STRING, _email),
    of_value("gig_redacted", Answer.ANYTHING, lambda _value, _site, _run: REDACTED, reads_input=False),
)

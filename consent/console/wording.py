"""The console's plain words: roles, actions, and what to do about a refusal, for the catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _(message: str) -> str:
    """Mark `message` for the catalogs; it is translated where it is used."""
    return message


ROLE_NAMES: Final[Mapping[str, str]] = {
    "administrator": _("Administrator"),
    "approver": _("Approver"),
    "auditor": _("Auditor"),
    "owner": _("Owner"),
    "developer": _("Developer"),
}

ROLE_TEXTS: Final[Mapping[str, str]] = {
    "administrator": _("Decides, and manages operators and their clients."),
    "approver": _("Decides on requests; suspends and resumes."),
    "auditor": _("Reads everything here, changes nothing."),
    "owner": _("Manages members and going live, and all that developers do."),
    "developer": _("Makes and changes clients, keys and connectors."),
}

KIND_NAMES: Final[Mapping[str, str]] = {
    "actor": _("Actor"),
    "platform": _("Platform"),
    "operator": _("Operator of this Gigway"),
}

STATUS_NAMES: Final[Mapping[str, str]] = {
    "pending": _("Waits for an operator"),
    "approved": _("Approved"),
    "refused": _("Refused"),
    "withdrawn": _("Withdrawn"),
    "active": _("Active"),
    "suspended": _("Suspended"),
}

ACTIONS: Final[Mapping[str, str]] = {
    "console:organization:register": _("Organization registered"),
    "console:member:join": _("Member joined"),
    "console:member:change": _("Role changed"),
    "console:member:leave": _("Member removed"),
    "console:invitation:create": _("Invitation made"),
    "console:invitation:revoke": _("Invitation revoked"),
    "console:approval:ask": _("Asked to go live"),
    "console:approval:withdraw": _("Request withdrawn"),
    "console:approval:approved": _("Request approved"),
    "console:approval:refused": _("Request refused"),
    "console:client:create": _("Client made"),
    "console:client:rotate": _("Secret rotated"),
    "console:registration-token:create": _("Registration token made"),
    "console:client:register": _("Client registered by API"),
    "console:actor:create": _("Actor registered on the command line"),
    "console:actor:resume": _("Actor resumed"),
    "consent:actor:suspend": _("Actor suspended"),
    "consent:client:change": _("Client changed"),
    "consent:client:close": _("Client disabled"),
    "consent:platform:close": _("Platform suspended"),
}

DETAIL_NAMES: Final[Mapping[str, str]] = {
    "account": _("Account"),
    "actor": _("Actor"),
    "approval": _("Request"),
    "client": _("Client"),
    "environment": _("Kind"),
    "invitation": _("Invitation"),
    "name": _("Name"),
    "organization": _("Organization"),
    "person": _("Person"),
    "platform": _("Platform"),
    "reason": _("Reason"),
    "role": _("Role"),
    "status": _("State"),
    "why": _("Reason"),
}
"""What an action is about, by the name in its event."""

PROBLEMS: Final[Mapping[str, str]] = {
    "ROLE_UNKNOWN": _("There is no such role here."),
    "MEMBER_UNKNOWN": _("There is no such member."),
    "LAST_OF_ITS_KIND": _("Somebody must stay in charge: make somebody else owner or administrator first."),
    "NOTE_INVALID": _("A note has up to 200 characters on one line."),
    "TOO_MANY_INVITATIONS": _("There are many open invitations already. Revoke some first."),
    "TOO_MANY_ORGANIZATIONS": _("You belong to as many organizations as one person may."),
    "TOO_MANY_CLIENTS": _("There are as many clients as an organization may have. Disable one first."),
    "TOO_OFTEN": _("Too many tries. Please wait a quarter of an hour."),
    "PLATFORM_NAME_INVALID": _("A platform's name here has lower-case letters, digits and underscores."),
    "PLATFORM_REGISTERED": _("Somebody speaks for that platform already. Ask them for an invitation."),
    "NOT_PENDING": _("This request does not wait for a decision any more."),
    "OWN_REQUEST": _("You belong to this organization: somebody else must decide."),
    "REASON_INVALID": _("Write a reason of up to 500 characters: the other side reads it."),
    "NOT_SUSPENDED": _("This actor is not suspended."),
    "NOT_LIVE": _("There is no live actor yet: ask to go live first."),
    "CLIENT_UNKNOWN": _("There is no such client, or it cannot be changed in this way."),
    "NAME_INVALID": _(
        "A name has 1 to 200 characters, none of them invisible, and keeps to Latin, Greek or Cyrillic letters."
    ),
    "REDIRECT_URI_INVALID": _(
        "A redirect URI is an absolute https address without fragment; plain http is for loopback only. "
        "There are at most 20."
    ),
    "PUSH_URL_INVALID": _("An address for notices is https; plain http is for loopback only."),
    "KEYS_INVALID": _(
        "Keys are a JSON Web Key Set of one to ten public keys: EC P-256, Ed25519, or RSA of at least 2048 bits. "
        "Several keys need a different kid each."
    ),
    "ADDRESS_INVALID": _("Write the postal address, with up to 500 characters."),
    "CONTACT_INVALID": _("Write where workers reach you, with up to 200 characters."),
    "JURISDICTION_INVALID": _("A jurisdiction is a country's code of two letters, such as SE."),
    "PRIVACY_NOTICE_INVALID": _("A privacy notice's address is https."),
    "CATEGORY_UNKNOWN": _("Choose at least one category and one purpose."),
    "PURPOSE_UNKNOWN": _("Choose at least one category and one purpose."),
    "CLIENT_EXCEEDS_ACTOR": _("A client cannot be registered for more than its actor."),
}


def problem_text(code: str) -> str:
    """Return what to say about a refusal with this code."""
    return PROBLEMS.get(code, _("That cannot be done."))

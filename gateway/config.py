"""Settings: one frozen value, read once from a TOML file and the environment, validated at start.

Every setting is `GIGWAY_<NAME>` in the environment and `<name>` in the file named by `GIGWAY_CONFIG`;
the environment wins. An unknown name is refused, so that a misspelt limit is not a silently missing one.
`docs/operator.md` lists them; a test compares.
"""

from __future__ import annotations

import ipaddress
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.environment import ClientRegistration
from consent.audit.keys import KeyType, NoteError, VerifierKey
from consent.signin.oidc import OidcProvider
from gateway.storage.keyring import Keyring, KeyringError, parse_keyring

PREFIX = "GIGWAY_"


class SettingsError(ValueError):
    """One or more settings cannot be used; the message lists each with what to write instead."""

    code = "SETTINGS_INVALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one gateway process. Durations are seconds, sizes bytes."""

    issuer: str = field(
        default="http://127.0.0.1:8700", metadata={"help": "Public URL of this Gigway; its OAuth issuer."}
    )
    operator_name: str = field(
        default="Gigway", metadata={"help": "Who runs this Gigway, as receipts and pages name it."}
    )
    operator_contact: str = field(
        default="", metadata={"help": "Where workers reach whoever runs this Gigway about their data."}
    )
    host: str = field(default="127.0.0.1", metadata={"help": "Address to listen on."})
    port: int = field(default=8700, metadata={"help": "Port to listen on.", "min": 1, "max": 65535})
    database_url: str = field(
        default="sqlite:///gigway.db", metadata={"help": "`sqlite:///file` or `postgresql://…`."}, repr=False
    )
    endings_journal: str = field(
        default="",
        metadata={
            "help": "File outside the database that remembers what has ended, so that a restored backup revives "
            "nothing. Empty: beside an SQLite database; none for PostgreSQL."
        },
    )
    master_keys: str = field(
        default="",
        metadata={"help": "Keys that protect secrets and ids: `name:base64`, newest first.", "secret": True},
        repr=False,
    )
    sandbox_url: str = field(
        default="",
        metadata={"help": "URL of the sandbox platforms; only with a loopback issuer. Empty: real platforms."},
    )
    platform_clients: str = field(
        default="",
        metadata={
            "help": "As whom this Gigway is registered at platforms: a JSON object of platform to `client_id` and "
            "`client_secret`; where somebody else holds the access (a fleet's owner, a requester), also `agreed_by` "
            "and `agreed_on`."
        },
        repr=False,
    )
    platform_config: str = field(
        default="",
        metadata={
            "help": "What connectors read as `$config`, such as the market that an interface wants to be told: a JSON "
            "object of platform to an object."
        },
        repr=False,
    )
    platform_sandboxes: str = field(
        default="",
        metadata={
            "help": "Platforms' own sandboxes on this machine, for those that the sandbox does not simulate: a JSON "
            "object of platform to URL; with `sandbox_url` only."
        },
    )
    mail_url: str = field(
        default="",
        metadata={
            "help": "Server that takes mail to workers, for codes that prove an address: "
            "`smtps://user:password@host:465` or `smtp://host:587` (with STARTTLS). Empty: no mail."
        },
        repr=False,
    )
    mail_from: str = field(default="", metadata={"help": "Sender of mail to workers."})
    demo_login: bool = field(
        default=False, metadata={"help": "Sign in by picking a demo worker; only with a loopback issuer."}
    )
    sign_up: bool = field(default=True, metadata={"help": "Let anybody make an account with a login and a password."})
    oidc_providers: str = field(
        default="",
        metadata={
            "help": "OpenID providers for sign-in: a JSON list of `key`, `display_name`, `issuer`, `client_id`, "
            "`client_secret`."
        },
        repr=False,
    )
    witnesses: str = field(
        default="",
        metadata={
            "help": "Verifier keys of the access log's witnesses, separated by commas; each stands in the witness's "
            "folder, in `key.pub`."
        },
    )
    graphiql: bool = field(default=True, metadata={"help": "Serve GraphiQL at /graphiql."})
    introspection: bool = field(default=True, metadata={"help": "Answer introspection queries."})
    max_body_bytes: int = field(default=1_000_000, metadata={"help": "Largest request body.", "min": 1_000})
    max_header_bytes: int = field(
        default=16_384, metadata={"help": "Largest head (request line and headers) of a request.", "min": 1_000}
    )
    max_depth: int = field(default=20, metadata={"help": "Deepest nesting of a query.", "min": 1})
    max_aliases: int = field(default=50, metadata={"help": "Most aliases in a query.", "min": 0})
    max_tokens: int = field(default=5_000, metadata={"help": "Most lexical tokens in a query.", "min": 10})
    max_cost: int = field(
        default=100_000,
        metadata={"help": "Highest static cost of a query, for actors without a limit of their own.", "min": 1},
    )
    cost_per_minute: int = field(
        default=10_000_000,
        metadata={
            "help": "What an actor's queries may cost in a minute, for actors without a limit of their own; "
            "0 for no limit.",
            "min": 0,
        },
    )
    request_timeout: float = field(default=30.0, metadata={"help": "Longest time for one request.", "min": 0.1})
    upstream_timeout: float = field(
        default=10.0, metadata={"help": "Longest time for one call to a platform.", "min": 0.1}
    )
    revoke_bound: float = field(
        default=2.0,
        metadata={"help": "How long a revocation waits for running fetches before it answers `stopping`.", "min": 0},
    )
    shutdown_delay: float = field(
        default=0.0,
        metadata={"help": "How long `/readyz` answers 503 before a process that was told to stop does so.", "min": 0},
    )
    compression: bool = field(
        default=True, metadata={"help": "Compress large GraphQL answers for clients that accept gzip."}
    )
    cors_origins: str = field(
        default="",
        metadata={"help": "Origins whose pages may call `/graphql`, separated by commas; `*` for all."},
    )
    trusted_documents: str = field(
        default="", metadata={"help": "File of trusted documents: a JSON object of id and document."}
    )
    trusted_documents_mode: str = field(
        default="off",
        metadata={"help": "`off`, `allow` (trusted documents by id, others as text) or `require` (no others)."},
    )
    persisted_queries: bool = field(
        default=False, metadata={"help": "Automatic persisted queries: remember documents by their SHA-256 hash."}
    )
    metrics: bool = field(default=False, metadata={"help": "Serve Prometheus metrics at `/metrics`."})
    trace_endpoint: str = field(
        default="", metadata={"help": "URL of an OpenTelemetry collector (OTLP over HTTP). Empty: no traces."}
    )
    trace_ratio: float = field(
        default=1.0,
        metadata={"help": "Share of requests to trace, when the caller does not say.", "min": 0, "max": 1},
    )
    log_level: str = field(default="info", metadata={"help": "`debug`, `info`, `warning` or `error`."})

    @property
    def is_loopback(self) -> bool:
        """Whether the issuer is this machine: then, and only then, sandbox and demo login may be on."""
        host = urlsplit(self.issuer).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def oidc(self) -> tuple[OidcProvider, ...]:
        """The OpenID providers. `load_settings` has made sure that they can be read."""
        return tuple(OidcProvider(**each) for each in json.loads(self.oidc_providers or "[]"))

    @property
    def registrations(self) -> dict[str, ClientRegistration]:
        """The registrations at platforms. `load_settings` has made sure that they can be read."""
        return {name: ClientRegistration(**each) for name, each in json.loads(self.platform_clients or "{}").items()}

    @property
    def connector_config(self) -> dict[str, dict[str, Any]]:
        """What connectors read as `$config`. `load_settings` has made sure that it can be read."""
        return {name: dict(each) for name, each in json.loads(self.platform_config or "{}").items()}

    @property
    def sandboxes(self) -> dict[str, str]:
        """The platforms' own sandboxes. `load_settings` has made sure that they can be read."""
        return {name: str(url) for name, url in json.loads(self.platform_sandboxes or "{}").items()}

    @property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        """The keys of the log's witnesses. `load_settings` has made sure that they can be read."""
        return tuple(map(VerifierKey.read, filter(str.strip, self.witnesses.split(","))))

    @property
    def keyring(self) -> Keyring:
        """The master keys. `load_settings` has made sure that they can be read."""
        return parse_keyring(self.master_keys)


def load_settings(environment: Mapping[str, str], **overrides: Any) -> Settings:
    """Read settings from `environment`, the file that it names, and `overrides` (which win).

    Raises `SettingsError` that lists everything wrong.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    known = {entry.name: entry for entry in fields(Settings)}
    for name, raw in _read_file(environment.get(f"{PREFIX}CONFIG"), problems).items():
        if name in known:
            values[name] = _convert(name, raw, problems)
        else:
            problems.append(f"{name}: there is no such setting; see docs/operator.md")
    for variable, raw in environment.items():
        if not variable.startswith(PREFIX) or variable == f"{PREFIX}CONFIG":
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in known:
            values[name] = _convert(name, raw, problems)
        else:
            problems.append(f"{variable}: there is no such setting; see docs/operator.md")
    values = {name: value for name, value in (values | _given(overrides)).items() if value is not None}
    settings = Settings(**values)
    problems.extend(_problems(settings))
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _given(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the overrides that are there: a command-line option that was left out is None."""
    return {name: value for name, value in overrides.items() if value is not None}


def _read_file(path: str | None, problems: list[str]) -> dict[str, Any]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(f"{PREFIX}CONFIG: {path} cannot be read ({error.strerror})")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{PREFIX}CONFIG: {path} is not TOML ({error})")
    return {}


def _convert(name: str, raw: object, problems: list[str]) -> Any:
    kind = {entry.name: entry.type for entry in fields(Settings)}[name]
    text = json.dumps(raw) if isinstance(raw, list | dict) else str(raw).strip()
    match kind:
        case "bool":
            if text.lower() in {"1", "true", "yes", "on"}:
                return True
            if text.lower() in {"0", "false", "no", "off", ""}:
                return False
            problems.append(f"{name}: write true or false")
        case "int" | "float":
            try:
                return int(text) if kind == "int" else float(text)
            except ValueError:
                problems.append(f"{name}: write a number")
        case _:
            return text
    return None


def _problems(settings: Settings) -> list[str]:
    problems = []
    for entry in fields(Settings):
        value = getattr(settings, entry.name)
        low, high = entry.metadata.get("min"), entry.metadata.get("max")
        if (low is not None and value < low) or (high is not None and value > high):
            problems.append(f"{entry.name}: {value} is out of range ({low} to {'…' if high is None else high})")
    parts = urlsplit(settings.issuer)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        problems.append("issuer: write an https URL without query or fragment")
    elif parts.scheme == "http" and not settings.is_loopback:
        problems.append("issuer: plain http is for a loopback address only; write an https URL")
    if settings.issuer.endswith("/"):
        problems.append("issuer: leave out the slash at the end")
    if settings.sandbox_url and not settings.is_loopback:
        problems.append("sandbox_url: simulated platforms are for a loopback issuer only")
    if settings.demo_login and not settings.is_loopback:
        problems.append("demo_login: is for a loopback issuer only")
    if settings.trace_endpoint and not settings.trace_endpoint.startswith(("http://", "https://")):
        problems.append("trace_endpoint: write the collector's http or https URL")
    if settings.trusted_documents_mode not in {"off", "allow", "require"}:
        problems.append("trusted_documents_mode: write off, allow or require")
    elif settings.trusted_documents_mode != "off" and not settings.trusted_documents:
        problems.append("trusted_documents: name the file, or set trusted_documents_mode to off")
    if settings.persisted_queries and settings.trusted_documents_mode == "require":
        problems.append("persisted_queries: clients cannot add documents where trusted ones are required")
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        problems.append("log_level: write debug, info, warning or error")
    if settings.mail_url and urlsplit(settings.mail_url).scheme not in {"smtp", "smtps"}:
        problems.append("mail_url: write smtps://host:465 or smtp://host:587")
    if not unquote(urlsplit(settings.mail_url).netloc).isascii():
        problems.append("mail_url: user and password must be ASCII, which is all that SMTP logins can carry")
    if settings.mail_url and "@" not in settings.mail_from:
        problems.append("mail_from: write the address that mail comes from")
    try:
        _ = settings.oidc
    except (ValueError, TypeError):
        problems.append(
            "oidc_providers: write a JSON list of objects with key, display_name, issuer, client_id, client_secret"
        )
    try:
        _ = settings.registrations
    except (ValueError, TypeError, AttributeError):
        problems.append('platform_clients: write a JSON object like {"uber": {"client_id": "…", "client_secret": "…"}}')
    try:
        _ = settings.connector_config
    except (ValueError, TypeError, AttributeError):
        problems.append('platform_config: write a JSON object like {"acme": {"market": "se"}}')
    try:
        if settings.sandboxes and not settings.sandbox_url:
            problems.append("platform_sandboxes: only together with sandbox_url")
    except (ValueError, AttributeError):
        problems.append('platform_sandboxes: write a JSON object like {"acme": "http://127.0.0.1:9000"}')
    try:
        keys = settings.witness_keys
        if any(key.type is not KeyType.WITNESS for key in keys):
            problems.append("witnesses: one of the keys is a log's; write what stands in `key.pub` of a witness")
        if len({(key.name, key.id) for key in keys}) < len(keys):
            problems.append("witnesses: one of the keys is there twice")
    except NoteError:
        problems.append("witnesses: write verifier keys like witness.example/1+0a1b2c3d+BOvN…, separated by commas")
    try:
        parse_keyring(settings.master_keys)
    except KeyringError as error:
        problems.append(f"master_keys: {error}")
    return problems

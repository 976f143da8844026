"""What a connector's directives say, as values.

One dataclass per directive of `spec/gigway.graphql` and `spec/connect.graphql`; names and units are theirs.
Mappings and templates stay text here; the runtime compiles them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

Fidelity = Literal["DOCUMENTED", "OBSERVED", "TAKEOUT", "HYPOTHETICAL"]
Method = Literal["GET", "POST"]
PagingStyle = Literal["OFFSET", "PAGE", "CURSOR", "MOVING_WINDOW", "NONE"]
RecordOrder = Literal["NEWEST_FIRST", "OLDEST_FIRST", "UNORDERED"]
TimeUnit = Literal["RFC3339", "UNIX_SECONDS", "UNIX_MILLISECONDS"]
FeedKind = Literal["TRAINING", "OPPORTUNITIES", "POSTINGS"]
ClientAuthentication = Literal["CLIENT_SECRET_BASIC", "CLIENT_SECRET_POST", "NONE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """`@platform`."""

    name: str
    display_name: str
    version: str
    fidelity: Fidelity
    method: str
    currency: str | None
    terms: str | None
    documentation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header of a request; `value` is a template."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`@source`, with what `@envelope` says of it."""

    name: str
    base_url: str
    query_params: str | None
    headers: tuple[Header, ...]
    is_success: str | None
    is_error: str | None = None
    is_unauthorized: str | None = None
    is_forbidden: str | None = None
    is_throttled: str | None = None
    is_unavailable: str | None = None
    retry_after: str | None = None
    is_absent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyFormat:
    """`@format`."""

    kind: Literal["JSON", "XML", "CSV"] = "JSON"
    lists: frozenset[str] = frozenset()
    delimiter: str = ","
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The HTTP part of `@connect`: method, path template, and mappings that build body and query.

    `document` is the GraphQL document of a GraphQL upstream; then `body` builds its variables.
    `file` names a file of the worker's export; then there is no request at all.
    """

    source: str
    method: Method
    path: str
    query_params: str | None
    body: str | None
    headers: tuple[Header, ...]
    is_success: str | None
    document: str | None = None
    file: str | None = None
    format: BodyFormat = BodyFormat()

    @property
    def is_safe(self) -> bool:
        """Whether a request may be repeated: every connect only reads."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """`@paging`; `window` is the widest time window of one request."""

    style: PagingStyle
    size: int
    first: int
    total: str | None
    pages: str | None
    records: str | None = None
    next: str | None
    window: timedelta | None
    time: TimeUnit
    order: RecordOrder
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """`@each`: the connect `of` gives under `list` what this one is asked for, once each."""

    of: str
    list: str
    days: int
    most: int
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """`@expand`: a query parameter that is sent only where something on the paths that it `brings` is needed."""

    parameter: str
    value: str
    brings: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """`@connect` with its paging; `fields` are the account fields or streams that its selection gives."""

    id: str
    endpoint: Endpoint
    selection: str
    fields: frozenset[str]
    paging: Paging | None
    each: Each | None = None
    expansions: tuple[Expansion, ...] = ()

    @property
    def filters_by_time(self) -> bool:
        """Whether the endpoint is told which stretch of time is wanted."""
        texts = (self.endpoint.query_params, self.endpoint.body, self.endpoint.path)
        return any(text is not None and ("$page.from" in text or "$page.to" in text) for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """`@feed`: a published list, how it is read, and how often."""

    id: str
    gives: FeedKind
    endpoint: Endpoint
    selection: str
    paging: Paging
    every: timedelta
    first_page_validates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`@entry`: what the platform asks of who begins there, in one occupation."""

    occupation: str
    label: str
    requires: tuple[str, ...]
    zone: int | None
    hours: int
    note: str | None
    notes: Mapping[str, str]
    """The note in other languages, by ISO 639-1 code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`@limits`: `requests` in `period` (None: no rate limit), per account or for the whole connector."""

    concurrency: int = 8
    requests: int | None = None
    period: timedelta | None = None
    per_account: bool = False
    timeout: float = 10.0
    body_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2Linking:
    """`@linking(oauth2:)`."""

    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str | None
    scopes: tuple[str, ...]
    pkce: bool
    client_authentication: ClientAuthentication
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentialsLinking:
    """`@linking(clientCredentials:)`; `reference` is what the worker is asked for."""

    token_endpoint: str
    scopes: tuple[str, ...]
    client_authentication: ClientAuthentication
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformTokenLinking:
    """`@linking(platformToken:)`: one token for all workers."""

    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSigV4Linking:
    """`@linking(awsSigV4:)`: every request is signed."""

    region: str
    service: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLinking:
    """`@linking(token:)`; `label` is what the worker is asked for."""

    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoutFile:
    """One kind of file of `@linking(takeout:)`."""

    name: str
    pattern: str
    is_csv: bool
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoutLinking:
    """`@linking(takeout:)`."""

    instructions: str
    files: tuple[TakeoutFile, ...]


OwnLinking: TypeAlias = ClientCredentialsLinking | PlatformTokenLinking | AwsSigV4Linking
"""Ways in which Gigway's own credential reads, so that the worker must prove whose record they name."""

LinkingMethod: TypeAlias = OAuth2Linking | OwnLinking | TokenLinking | TakeoutLinking


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """`search` of an identity request: pages of `size`, `most` of them, `records` counts an answer's records."""

    size: int
    most: int
    records: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One request of `@linking(identity:)`."""

    endpoint: Endpoint
    selection: str
    search: Search | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailProof:
    """`@linking(proof: { email: true })`: the claim is an address, and the code is mailed to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageProof:
    """`@linking(proof: { message: … })`: a request by which the platform hands over the code."""

    endpoint: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """`@linking`: how an account is linked, where its credential goes, and who it turns out to be.

    `body` is the member of a JSON body that carries the credential in a header's place. `holder` is whoever must have
    agreed beside the worker.
    """

    method: LinkingMethod
    header: str
    prefix: str
    identity: tuple[Identity, ...]
    body: str | None = None
    proof: EmailProof | MessageProof | None = None
    holder: str | None = None

    @property
    def reads_as_gigway(self) -> bool:
        """Whether requests carry a credential of this Gigway's own, the same for all accounts."""
        return isinstance(self.method, OwnLinking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """`@distinct`."""

    by: str
    count: str | None
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """The `@fold`s of a field: the streams that it is computed from, and how many days back they are read."""

    origins: tuple[str, ...]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupation:
    """`@occupation`; `value` None holds for all records."""

    value: str | None
    scheme: str
    code: str
    label: str
    mapping: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """`@remote`; `fields` are the account fields that the platform's subgraph is asked for, `omits` coordinates that
    it does not have.
    """

    url: str
    fields: frozenset[str]
    omits: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """All that a connector's directives say. There are either `connects` or a `remote`."""

    platform: Platform
    account_type: str
    linking: Linking
    sources: dict[str, Source]
    connects: tuple[Connect, ...]
    folds: dict[str, Fold]
    distinct: dict[str, Distinct]
    occupations: tuple[Occupation, ...]
    limits: Limits
    feeds: tuple[Feed, ...] = ()
    entries: tuple[Entry, ...] = ()
    remote: Remote | None = None

    @property
    def fetched_fields(self) -> frozenset[str]:
        """The account fields and streams that the platform's answers give."""
        if self.remote is not None:
            return self.remote.fields
        return frozenset(field for connect in self.connects for field in connect.fields)

    @property
    def lists(self) -> frozenset[str]:
        """The mapping-only names under which connects give what others are asked for."""
        return frozenset(connect.each.list for connect in self.connects if connect.each is not None)

    def connect_for(self, field: str) -> Connect | None:
        """Return the endpoint that gives an account field or stream."""
        return next((connect for connect in self.connects if field in connect.fields), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDefinition:
    """All that the directives of a connector without accounts say: a training provider's or a job board's."""

    platform: Platform
    sources: dict[str, Source]
    feeds: tuple[Feed, ...]
    entries: tuple[Entry, ...]
    limits: Limits

"""Each rule that a connector's SDL keeps: what breaks it is told with its code and its place."""

import pytest

from connectors.catalogue import built_in
from connectors.schema import ConnectorError, check, load

PLAIN = """extend schema
  @platform(name: "acme", displayName: "Acme", version: "1.0.0", fidelity: DOCUMENTED, method: OAUTH_API)
  @linking(
    oauth2: { authorizationEndpoint: "https://acme.example/authorize", tokenEndpoint: "https://acme.example/token" }
    credential: {}
    identity: [{ source: "acme", http: { GET: "/me" }, selection: "reference: id" }]
  )
  @source(name: "acme", http: { baseURL: "https://api.acme.example" })
type AcmeAccount implements PlatformAccount
  @key(fields: "id")
  @connect(id: "me", source: "acme", http: { GET: "/me" }, selection: "profile: { displayName: name } tools { name }")
  @connect(
    id: "jobs"
    source: "acme"
    http: { GET: "/jobs", queryParams: "offset: $page.offset" }
    selection: "engagements: jobs { ref: id kind: $('TASK') status: state }"
  )
  @paging(connect: "jobs", style: OFFSET, size: 20, total: "$.total")
  @fold(field: "evidence", from: "engagements") {
  tools: [AcmeTool!] @requiresScopes(scopes: [["gig:profile"]])
}
type AcmeTool { name: String! provenance: Provenance! }
"""


def test_plain_connector_has_no_problems() -> None:
    assert check(PLAIN) == []


CASES = {
    "syntax": ("type AcmeTool {", "type AcmeTool {{", "INVALID_GRAPHQL"),
    "unknown directive": ("@key(", "@keys(", "INVALID_GRAPHQL"),
    "canonical type redefined": ("type AcmeTool", "type Rating { x: Int }\ntype AcmeTool", "CANONICAL_TYPE_CHANGED"),
    "canonical type extended": (
        "type AcmeTool",
        "extend type Engagement { secret: String }\ntype AcmeTool",
        "CANONICAL_TYPE_CHANGED",
    ),
    "canonical field changed": (
        "  tools: [",
        '  ratings: [Rating!] @requiresScopes(scopes: [["gig:profile"]])\n  tools: [',
        "CANONICAL_TYPE_CHANGED",
    ),
    "canonical field without scope": ("  tools: [", "  profile: GigProfile\n  tools: [", "CANONICAL_TYPE_CHANGED"),
    "two account types": (
        "type AcmeTool",
        'type AcmeOther implements PlatformAccount @key(fields: "id") { id: ID! }\ntype AcmeTool',
        "ACCOUNT_TYPE_COUNT",
    ),
    "foreign prefix": ("AcmeTool", "Tool", "TYPE_PREFIX"),
    "account name": ("AcmeAccount", "AcmeProfile", "TYPE_PREFIX"),
    "root field": ("type AcmeTool", "type Query { tools: [AcmeTool!] }\ntype AcmeTool", "ROOT_FIELDS"),
    "extension": ("type AcmeTool", "extend type AcmeTool { size: Int }\ntype AcmeTool", "TYPE_EXTENSION"),
    "directive defined": ("type AcmeTool", "directive @mine on OBJECT\ntype AcmeTool", "DIRECTIVE_DEFINITION"),
    "another key": ('@key(fields: "id")', '@key(fields: "id") @key(fields: "tools { name }")', "ACCOUNT_KEY"),
    "second entity": ("type AcmeTool {", 'type AcmeTool @key(fields: "name") {', "FOREIGN_ENTITY"),
    "personal field without scope": (
        ' @requiresScopes(scopes: [["gig:profile"]])',
        "",
        "PERSONAL_FIELD_WITHOUT_SCOPE",
    ),
    "unknown scope": ("gig:profile", "gig:everything", "SCOPE_UNKNOWN"),
    "two scopes": ('["gig:profile"]', '["gig:profile", "gig:ratings"]', "SCOPE_UNKNOWN"),
    "gated field that cannot be null": ("[AcmeTool!] @req", "[AcmeTool!]! @req", "GATED_FIELD_NON_NULL"),
    "own field with arguments": ("tools: [", "tools(first: Int): [", "OWN_FIELD_ARGUMENTS"),
    "no provenance": (" provenance: Provenance!", "", "PROVENANCE_MISSING"),
    "field from nowhere": (
        "  tools: [",
        '  age: Int @requiresScopes(scopes: [["gig:profile"]])\n  tools: [',
        "FIELD_NOT_MAPPED",
    ),
    "field from two places": ("engagements: jobs {", "tools { name } engagements: jobs {", "FIELD_MAPPED_TWICE"),
    "mapping of nothing": ("tools { name }", "tools { name } wrenches { name }", "MAPPING_UNKNOWN_FIELD"),
    "mapping of an unknown subfield": ("tools { name }", "tools { name color }", "MAPPING_UNKNOWN_FIELD"),
    "mapping leaves a required field out": ("status: state", "", "MAPPING_MISSING_FIELD"),
    "mapping takes an object over whole": (
        "profile: { displayName: name }",
        "profile: person",
        "MAPPING_WITHOUT_FIELDS",
    ),
    "mapping makes an object of a scalar": (
        "displayName: name",
        "displayName: { a: name }",
        "MAPPING_OBJECT_FOR_SCALAR",
    ),
    "mapping fills in what the runtime fills in": (
        "tools { name }",
        "tools { name provenance: name }",
        "MAPPING_OF_COMPLETED_FIELD",
    ),
    "mapping with a syntax error": ("tools { name }", "tools { name", "MAPPING_INVALID"),
    "mapping with an unknown method": ("status: state", "status: state->shout", "MAPPING_INVALID"),
    "template reads the credential": ("$page.offset", "$credential", "MAPPING_INVALID"),
    "request reads arguments": ("$page.offset", "$args.first", "MAPPING_INVALID"),
    "request reads a response": ("$page.offset", "name", "MAPPING_INVALID"),
    "plain http": ("https://api.acme.example", "http://api.acme.example", "URL_NOT_HTTPS"),
    "private address": ("https://api.acme.example", "https://10.0.0.1", "ADDRESS_NOT_PUBLIC"),
    "address of this machine": ("https://api.acme.example", "https://[::1]:8443", "ADDRESS_NOT_PUBLIC"),
    "name of this machine": ("https://api.acme.example", "https://localhost", "ADDRESS_NOT_PUBLIC"),
    "host from a template": ("https://api.acme.example", "https://{$account.host}", "URL_NOT_HTTPS"),
    "credentials in a URL": ("https://api.acme.example", "https://u:p@api.acme.example", "URL_NOT_HTTPS"),
    "path to elsewhere": ('GET: "/jobs"', 'GET: "https://evil.example/jobs"', "PATH_NOT_RELATIVE"),
    "second site that would get the credential": (
        '@source(name: "acme"',
        '@source(name: "evil", http: { baseURL: "https://acme.evil.example" }) @source(name: "acme"',
        "CREDENTIAL_TO_TWO_SITES",
    ),
    "path that leaves its source": ('GET: "/jobs"', 'GET: "//evil.example/jobs"', "PATH_NOT_RELATIVE"),
    "path with the credential": ('GET: "/jobs"', 'GET: "/{$credential}/jobs"', "TEMPLATE_INVALID"),
    "path from a variable": ('GET: "/jobs"', 'GET: "{$account.path}"', "PATH_NOT_RELATIVE"),
    "unfinished template": ('GET: "/jobs"', 'GET: "/{$account.path"', "TEMPLATE_INVALID"),
    "reserved header": (
        'baseURL: "https://api.acme.example"',
        'baseURL: "https://api.acme.example", headers: [{ name: "Authorization", value: "x" }]',
        "HEADER_RESERVED",
    ),
    "unknown source": ('id: "me", source: "acme"', 'id: "me", source: "other"', "SOURCE_UNKNOWN"),
    "two methods": ('GET: "/jobs"', 'GET: "/jobs", POST: "/jobs"', "HTTP_METHOD_COUNT"),
    "same connect id": ('id: "me"', 'id: "jobs"', "CONNECT_ID_NOT_UNIQUE"),
    "paging of nothing": ('connect: "jobs", style', 'connect: "tasks", style', "CONNECT_UNKNOWN"),
    "cursor paging without a cursor": ("style: OFFSET", "style: CURSOR", "PAGING_INCOMPLETE"),
    "page field that is not there": ("$page.offset", "$page.offset page: $page.page", "PAGE_FIELD_UNKNOWN"),
    "page that is never asked for": ("$page.offset", "$page.number", "PAGING_NOT_ASKED"),
    "total that is an object": ('total: "$.total"', 'total: "total"', "PAGING_NOT_A_VALUE"),
    "verdict that is an object": (
        'baseURL: "https://api.acme.example" })',
        'baseURL: "https://api.acme.example" }, isSuccess: "ok")',
        "VERDICT_NOT_A_VALUE",
    ),
    "window that is no duration": ("size: 20", 'size: 20, window: "ten days"', "DURATION_INVALID"),
    "fold of the wrong field": ('field: "evidence"', 'field: "profile"', "FOLD_UNKNOWN"),
    "fold of what is not there": (
        'field: "evidence", from: "engagements"',
        'field: "earnings", from: "payments"',
        "FOLD_WITHOUT_SOURCE",
    ),
    "pay by the hour without hours": (
        '@fold(field: "evidence", from: "engagements")',
        '@fold(field: "evidence", from: "engagements") @fold(field: "paidWork", from: "engagements")',
        "FOLD_WITHOUT_SOURCE",
    ),
    "two folds of the same from the same": (
        '@fold(field: "evidence", from: "engagements")',
        '@fold(field: "evidence", from: "engagements") @fold(field: "evidence", from: "engagements")',
        "FOLD_TWICE",
    ),
    "delimiter that is none": (
        '@paging(connect: "jobs"',
        '@format(connect: "jobs", body: CSV, delimiter: ";;") @paging(connect: "jobs"',
        "FORMAT_INVALID",
    ),
    "encoding that is none": (
        '@paging(connect: "jobs"',
        '@format(connect: "jobs", body: CSV, encoding: "utf-9") @paging(connect: "jobs"',
        "FORMAT_INVALID",
    ),
    "identity without reference": ("reference: id", "name: id", "IDENTITY_WITHOUT_REFERENCE"),
    "no way to link": ("oauth2:", "unknown:", "INVALID_GRAPHQL"),
    "misspelt setting": ("queryParams:", "queryParam:", "DIRECTIVE_INVALID"),
    "reference without proof": (
        'oauth2: { authorizationEndpoint: "https://acme.example/authorize", '
        + 'tokenEndpoint: "https://acme.example/token" }',
        'clientCredentials: { tokenEndpoint: "https://acme.example/token", reference: "Your number" }',
        "LINKING_UNPROVEN",
    ),
    "bad version": ('"1.0.0"', '"one"', "PLATFORM_VERSION"),
    "bad fidelity": ("DOCUMENTED", "CERTAIN", "DIRECTIVE_INVALID"),
}


def test_sums_leave_out_neither_what_engagements_carry_nor_what_is_joined_to_them() -> None:
    source = next(each.source for each in built_in() if each.name == "mturk_requester")
    for half in ("engagements", "payments"):
        halved = source.replace(f'@fold(field: "earnings", from: "{half}")', "")
        (problem,) = check(halved)
        assert problem.code == "FOLD_OF_HALF"
        assert '@fold(field: "earnings"' in halved.splitlines()[problem.line - 1]


@pytest.mark.parametrize("case", CASES)
def test_problem_has_its_code(case: str) -> None:
    good, bad, code = CASES[case]
    assert good in PLAIN
    problems = check(PLAIN.replace(good, bad))
    assert [problem for problem in problems if not (problem.line and problem.column)] == []
    assert code in {problem.code for problem in problems}, problems


def test_problems_say_where() -> None:
    (problem,) = check(PLAIN.replace(' @requiresScopes(scopes: [["gig:profile"]])', ""))
    line = PLAIN.splitlines().index('  tools: [AcmeTool!] @requiresScopes(scopes: [["gig:profile"]])') + 1
    assert (problem.line, problem.column) == (line, 3)
    assert str(problem).startswith(f"{line}:3: tools is personal")


def test_all_problems_are_told_at_once() -> None:
    text = PLAIN.replace("gig:profile", "gig:everything").replace(" provenance: Provenance!", "")
    assert {problem.code for problem in check(text)} >= {"SCOPE_UNKNOWN", "PROVENANCE_MISSING"}


def test_loading_raises_what_checking_returns() -> None:
    text = PLAIN.replace("gig:profile", "gig:everything")
    with pytest.raises(ConnectorError) as raised:
        load(text)
    assert list(raised.value.problems) == check(text)


@pytest.mark.parametrize(
    ("right", "wrong", "code", "begins"),
    [
        ("selection: \"profile", "selection: \"nothing: x profile", "MAPPING_UNKNOWN_FIELD", '@connect(id: "me"'),
        ('total: "$.total"', 'total: "total"', "PAGING_NOT_A_VALUE", '@paging(connect: "jobs"'),
        ('version: "1.0.0"', 'version: "1.0"', "PLATFORM_VERSION", '@platform(name: "acme"'),
        ('tokenEndpoint: "https', 'tokenEndpoint: "http', "URL_NOT_HTTPS", "@linking("),
        ('baseURL: "https', 'baseURL: "http', "URL_NOT_HTTPS", '@source(name: "acme"'),
    ],
)  # fmt: skip
def test_problem_of_a_directive_stands_where_the_directive_does(right: str, wrong: str, code: str, begins: str) -> None:
    assert right in PLAIN
    text = PLAIN.replace(right, wrong)
    (problem,) = [each for each in check(text) if each.code == code]
    assert text.splitlines()[problem.line - 1][problem.column - 1 :].startswith(begins)


@pytest.mark.parametrize(
    ("right", "wrong", "advice"),
    [
        ('http: { baseURL: "https://api.acme.example" }', 'http: { baseURL: "https://api.acme.example" }, errors: '
         '{ message: "fault" }', "say what is an error with `isSuccess`"),
        ('id: "me", source', 'id: "me", batch: { maxSize: 5 }, source', "has `@each`"),
        ('GET: "/jobs"', 'PATCH: "/jobs"', "Connectors read only"),
        ('GET: "/jobs"', 'GET: "/", path: "$([1])"', "into the URL template"),
        ('GET: "/jobs"', 'GET: "/jobs", headers: [{ name: "X-A", from: "X-B" }]', "give `value`"),
        ("tools: [AcmeTool!]", 'tools: [AcmeTool!] @connect(id: "t", source: "acme", http: { GET: "/t" }, selection: '
         '"name")', "Put it on the account type"),
    ],
)  # fmt: skip
def test_parts_of_apollo_connectors_that_are_not_here_say_what_to_write_instead(
    right: str, wrong: str, advice: str
) -> None:
    assert right in PLAIN
    assert advice in " ".join(problem.message for problem in check(PLAIN.replace(right, wrong)))


def test_field_that_is_not_there_names_those_that_are() -> None:
    (problem,) = check(PLAIN.replace("displayName: name", "displayName: name languages"))
    assert problem.message == (
        "me: profile: GigProfile has no field 'languages'; it has city, countryCode, displayName, headline, "
        "memberSince, status, totalEngagements."
    )

"""Federation 2.10 and later, which the public cases end before: all that 2.9 had still holds, and what was added."""

import pytest

RECENT = ["2.10", "2.11", "2.12", "2.13", "2.14", "2.15"]
DIRECTIVES = [
    "@key",
    "@requires",
    "@provides",
    "@external",
    "@shareable",
    "@override",
    "@inaccessible",
    "@tag",
    "@interfaceObject",
    "@composeDirective",
    "@authenticated",
    "@requiresScopes",
    "@policy",
    "@cost",
    "@listSize",
    "@context",
    "@fromContext",
]

ACCOUNTS = """
type Query {
  me: User @shareable
  media(first: Int): [Media!] @listSize(slicingArguments: ["first"]) @cost(weight: 3)
}
type User @key(fields: "id") {
  id: ID!
  name: String @tag(name: "public") @authenticated
  born: Int @inaccessible
  old: Int
}
interface Media @key(fields: "id") { id: ID! title: String }
type Book implements Media @key(fields: "id") { id: ID! title: String @requiresScopes(scopes: [["read"]]) }
"""
SHELVES = """
type Query { me: User @shareable }
type User @key(fields: "id") @context(name: "reader") {
  id: ID!
  name: String @external
  locale: String!
  shelf: Shelf!
  greeting: String @requires(fields: "name") @authenticated
  old: Int @override(from: "a", label: "percent(20)")
}
type Shelf @key(fields: "id") {
  id: ID!
  welcome(locale: String! @fromContext(field: "$reader { locale }")): String @policy(policies: [["p"]])
}
type Media @interfaceObject @key(fields: "id") { id: ID! stars: Int }
"""


def link(version, *imports):
    names = ", ".join(f'"{name}"' for name in imports)
    return f'extend schema @link(url: "https://specs.apollo.dev/federation/v{version}", import: [{names}])\n'


def composed_at(version, composes):
    imports = link(version, *DIRECTIVES)
    return composes(a=imports + ACCOUNTS, b=imports + SHELVES)


@pytest.mark.parametrize("version", RECENT)
def test_every_directive_means_what_it_meant_before(composes, version):
    assert composed_at(version, composes) == composed_at("2.9", composes)


def test_together_they_say_who_resolves_what_for_whom(composes):
    sdl = composed_at("2.11", composes).supergraph_sdl
    assert sdl[sdl.index("type Shelf") : sdl.index("scalar context__")] == (
        'type Shelf\n  @join__type(graph: B, key: "id")\n{\n  id: ID!\n'
        '  welcome: String @join__field(graph: B, contextArguments: [{context: "b__reader", name: "locale", '
        'type: "String!", selection: " { locale }"}]) @policy(policies: [["p"]])\n}\n\n'
        'type User\n  @join__type(graph: A, key: "id")\n  @join__type(graph: B, key: "id")\n'
        '  @context(name: "b__reader")\n{\n  id: ID!\n'
        "  name: String @join__field(graph: A) @join__field(graph: B, external: true) @authenticated "
        '@tag(name: "public")\n'
        "  born: Int @join__field(graph: A) @inaccessible\n"
        '  old: Int @join__field(graph: A, overrideLabel: "percent(20)") '
        '@join__field(graph: B, override: "a", overrideLabel: "percent(20)")\n'
        "  locale: String! @join__field(graph: B)\n  shelf: Shelf! @join__field(graph: B)\n"
        '  greeting: String @join__field(graph: B, requires: "name") @authenticated\n}\n\n'
    )
    assert (
        '  media(first: Int): [Media!] @join__field(graph: A) @cost(weight: 3) @listSize(slicingArguments: ["first"])\n'
    ) in sdl
    assert '  @join__type(graph: B, key: "id", isInterfaceObject: true)\n' in sdl


CACHED = """
type Query { me: User @cacheTag(format: "me") }
type User @key(fields: "id") @cacheTag(format: "u-{$key.id}") { id: ID! }
"""


@pytest.mark.parametrize("version", ["2.12", "2.15"])
def test_cache_tags_travel_as_join_directives(composes, version):
    sdl = composes(a=link(version, "@key", "@cacheTag") + CACHED).supergraph_sdl
    assert '  me: User @join__directive(graphs: [A], name: "federation__cacheTag", args: {format: "me"})\n' in sdl
    assert '  @join__directive(graphs: [A], name: "federation__cacheTag", args: {format: "u-{$key.id}"})\n' in sdl


@pytest.mark.parametrize("version", ["2.10", "2.11"])
def test_cache_tags_are_unknown_before_their_version(refuses, version):
    assert refuses(a=link(version, "@key", "@cacheTag") + CACHED) == [
        'INVALID_LINK_DIRECTIVE_USAGE: [a] Cannot import unknown element "@cacheTag". (a:1:15)'
    ]


@pytest.mark.parametrize("version", ["0.1", "0.2", "0.3", "0.4"])
def test_entities_by_connectors_on_types(composes, version):
    sdl = composes(
        a=link("2.11", "@key")
        + f'extend schema @link(url: "https://specs.apollo.dev/connect/v{version}", import: ["@connect"])\n'
        + """
        type Query { t: T @connect(http: { GET: "https://api.example/t" }, selection: "id") }
        type T @key(fields: "id")
          @connect(http: { GET: "https://api.example/t/{$this.id}" }, selection: "id n") { id: ID! n: Int }
        """
    ).supergraph_sdl
    assert (
        '  @join__directive(graphs: [A], name: "connect", args: {http: {GET: "https://api.example/t/{$this.id}"}, '
        'selection: "id n"})\n'
    ) in sdl

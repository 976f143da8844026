"""Rules that a caller brings along see both ends of the merge and have codes of their own."""

from gateway.composition import CompositionError

SDL = "type Query {\n  a: Int\n}\n\ntype Own {\n  b: Int\n}"


class NoRootFields:
    def check_subgraphs(self, subgraphs):
        for subgraph in subgraphs:
            for field in subgraph.schema.types["Query"].fields.values():
                yield CompositionError(code="ROOT_FIELD", message=f"{subgraph.name} has Query.{field.name}")

    def check_supergraph(self, merged):
        return iter(())


class Prefixed:
    def check_subgraphs(self, subgraphs):
        return iter(())

    def check_supergraph(self, merged):
        for name in merged.schema.types:
            if name != "Query" and not name.startswith("Gig"):
                yield CompositionError(code="PREFIX", message=f"{name} lacks the prefix")


def test_a_rule_before_the_merge_refuses(refuses):
    assert refuses(a=SDL, rules=[NoRootFields(), Prefixed()]) == ["ROOT_FIELD: a has Query.a"]


def test_a_rule_after_the_merge_refuses(refuses):
    assert refuses(a=SDL, rules=[Prefixed()]) == ["PREFIX: Own lacks the prefix"]


def test_a_rule_without_errors_changes_nothing(composes):
    sdl = SDL.replace("Own", "GigOwn")
    assert composes(a=sdl, rules=[Prefixed()]) == composes(a=sdl)


def test_a_rule_runs_only_where_the_engine_s_own_rules_pass(refuses):
    (error,) = refuses(a="type Query {\n  a: Missing\n}", rules=[NoRootFields()])
    assert error == "INVALID_GRAPHQL: [a] Unknown type Missing (a:2:3)"

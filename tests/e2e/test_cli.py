"""The command line: help, results, and errors with their codes and exit codes."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli import build_parser, main, overview
from gateway.storage.keyring import generate_key

ROOT = Path(__file__).parent.parent.parent
CATALOGUE = ROOT / "connectors" / "catalogue"


@pytest.fixture
def run(capsys, monkeypatch):
    def call(*arguments, stdin="", **environment):
        for name, value in {"GIGWAY_MASTER_KEYS": generate_key("t1"), **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_the_overview_says_of_each_command_what_the_command_says_of_itself():
    def lines(parser):
        (commands,) = parser._subparsers._group_actions
        return {each.dest: each.help for each in commands._choices_actions}

    assert lines(overview()) == lines(build_parser())


def test_help_imports_no_part_of_the_gateway():
    code = "import sys; from gateway.cli import overview; overview(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"sqlalchemy", "graphql", "starlette", "numpy"} & set(loaded)


def test_the_schema_file_is_what_the_code_makes(run):
    code, out, _ = run("schema")
    assert code == 0
    assert out == (ROOT / "schema.graphql").read_text(), "schema.graphql is stale; run `make schema`"


def test_the_supergraph_names_its_subgraphs(run):
    code, out, _ = run("schema", "--supergraph")
    assert code == 0
    for name in ("CONSENT", "DIRECTORY", "GRAPH", "UBER", "UPWORK"):
        assert f"  {name} @join__graph" in out


def test_a_plan_is_printed(run):
    code, out, _ = run("plan", "-", stdin='{ worker(id: "w") { accounts { id ratings { value } } } }')
    assert code == 0
    for name in ("consent", "directory", "uber", "upwork"):
        assert f'Fetch(service: "{name}")' in out


@pytest.mark.parametrize(
    ("text", "said"),
    [("{ worker", "GRAPHQL_PARSE_FAILED: -:1:9"), ("{ none }", "GRAPHQL_VALIDATION_FAILED: -:1:3: Cannot query field")],
)
def test_a_wrong_query_is_located(run, text, said):
    code, _, err = run("plan", "-", stdin=text)
    assert code == 1
    assert err.startswith(said)


@pytest.mark.parametrize("command", ["plan", "explain"])
@pytest.mark.parametrize(
    ("sdl", "why"),
    [
        ("{ me }", "no enum join__Graph"),
        ("type Query { me: Int }", "no enum join__Graph"),
        ("type Query {", "does not parse"),
    ],
)
def test_what_is_no_supergraph_is_refused(run, tmp_path, command, sdl, why):
    file = tmp_path / "s.graphql"
    file.write_text(sdl)
    code, _, err = run(command, "-", "--supergraph", str(file), stdin="{ me }")
    assert code == 1
    assert err.startswith(f"INVALID_SUPERGRAPH: {file}: ")
    assert why in err


def test_an_operation_is_explained_stage_by_stage(run):
    query = '{ worker(id: "w") { accounts { id ratings { value } engagements { totalCount } } } }'
    code, out, _ = run("explain", "-", "--scopes", "gig:ratings", stdin=query)
    assert code == 0
    assert [line for line in out.splitlines() if line[:1].isdigit()] == [
        "1. parse and validate",
        "2. static cost, with every variable left open",
        "3. static scopes",
        "4. plan",
        "5. what the gate is asked before each fetch",
    ]
    assert "is taken out (UNAUTHORIZED_FIELD_OR_TYPE)" in out
    assert "uber, after #1: gig:ratings" in out
    assert "gig:engagements" not in out.split("5. what")[1]


def test_subgraphs_are_composed_from_files(run, tmp_path):
    (tmp_path / "a.graphql").write_text('type Query { a: A } type A @key(fields: "id") { id: ID! }')
    (tmp_path / "b.graphql").write_text('type A @key(fields: "id") { id: ID! b: Int }')
    code, out, _ = run("compose", "--api", str(tmp_path / "a.graphql"), str(tmp_path / "b.graphql"))
    assert code == 0
    assert "b: Int" in out


def test_subgraphs_that_do_not_compose_say_why(run, tmp_path):
    (tmp_path / "a.graphql").write_text("type Query { a: Int }")
    (tmp_path / "b.graphql").write_text("type Query { a: String }")
    code, _, err = run("compose", str(tmp_path / "a.graphql"), str(tmp_path / "b.graphql"))
    assert code == 1
    assert "FIELD_TYPE_MISMATCH" in err


@pytest.mark.parametrize("file", sorted(CATALOGUE.glob("*.graphql")), ids=lambda file: file.stem)
def test_every_connector_of_the_catalogue_is_sound(run, file, tmp_path):
    code, out, _ = run("connectors", "check", str(file), GIGWAY_DATABASE_URL=f"sqlite:///{tmp_path}/none.db")
    hosts, sound = out.splitlines()
    assert (code, sound) == (
        0,
        f"{file.stem}: no problems; it composes with the built-in catalogue (there is no database yet)",
    )
    assert hosts.startswith(f"{file.stem}: calls ")


@pytest.mark.parametrize("kind", [(), ("--remote",), ("--host", "api.tides.example")])
def test_a_connector_to_begin_with_is_sound_and_shows_what_it_makes_of_a_response(run, tmp_path, kind):
    code, sdl, _ = run("connectors", "init", "harbour_hands", *kind)
    assert code == 0
    file, sample = tmp_path / "harbour.graphql", tmp_path / "me.json"
    file.write_text(sdl)
    sample.write_text('{"id": 7, "name": "Ada", "city": 5, "joined": "2024-01-01"}')
    samples = () if "--remote" in kind else ("--sample", f"me={sample}")
    nowhere = f"sqlite:///{tmp_path}/none.db"
    code, out, err = run("connectors", "check", str(file), *samples, GIGWAY_DATABASE_URL=nowhere)
    assert (code, err) == (0, "")
    if samples:
        assert out.splitlines()[0] == 'me: {"profile":{"displayName":"Ada","city":5,"memberSince":"2024-01-01"}}'
    assert out.splitlines()[-2].startswith("harbour_hands: calls ")
    assert out.splitlines()[-1].startswith("harbour_hands: no problems")


def test_a_sample_of_nothing_is_refused(run, tmp_path):
    _, sdl, _ = run("connectors", "init", "tides")
    (tmp_path / "tides.graphql").write_text(sdl)
    (tmp_path / "me.json").write_text("{")
    for given in ("me", f"you={tmp_path}/me.json", f"me={tmp_path}/me.json", f"me={tmp_path}/no.json"):
        code, _, err = run(
            *("connectors", "check", str(tmp_path / "tides.graphql"), "--sample", given),
            GIGWAY_DATABASE_URL=f"sqlite:///{tmp_path}/none.db",
        )
        assert code != 0
        assert err.split(":")[0] in ("SAMPLE_INVALID", "FILE_UNREADABLE")


@pytest.mark.parametrize("name", ["Tides", "9lives", "tides-and-co", "", "tides__co"])
def test_a_platform_needs_a_name(run, name):
    code, _, err = run("connectors", "init", name)
    assert code == 2
    assert err.startswith("PARAMETER_INVALID")


def test_a_broken_connector_is_refused_with_places(run, tmp_path):
    file = tmp_path / "broken.graphql"
    file.write_text(
        (CATALOGUE / "uber.graphql").read_text().replace("gig:ratings", "gig:nothing").replace("->map", "->mop")
    )
    code, out, err = run("connectors", "check", str(file))
    assert code == 1
    assert "CONNECTOR_INVALID" in err
    assert out.startswith(f"{file}:")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://x/y", "DATABASE_URL_INVALID"),
        ("sqlite:////none/at/all.db", "DATABASE_UNREACHABLE"),
        ("postgresql://u:sesame@127.0.0.1:1/d", "DATABASE_UNREACHABLE"),
    ],
)
def test_a_database_that_is_not_there_is_named(run, url, code):
    exit_code, _, err = run("migrate", GIGWAY_DATABASE_URL=url)
    assert exit_code == 1
    assert err.startswith(f"{code}: ")
    assert "sesame" not in err


def test_a_damaged_database_is_named(run, tmp_path):
    (tmp_path / "x.db").write_bytes(b"not a database at all" * 500)
    exit_code, _, err = run("serve", "--port", "18700", GIGWAY_DATABASE_URL=f"sqlite:///{tmp_path}/x.db")
    assert exit_code == 1
    assert err.startswith("DATABASE_DAMAGED: ")


def test_a_wrong_setting_stops_the_start(run):
    exit_code, _, err = run("serve", GIGWAY_MAX_DEPHT="3")
    assert exit_code == 2
    assert err.startswith("SETTINGS_INVALID: GIGWAY_MAX_DEPHT")


def test_an_actor_is_created_with_a_secret_shown_once(run, tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    arguments = ("actors", "create", "--name", "Test Staffing", "--redirect-uri", "https://test.example/callback")
    exit_code, out, _ = run(*arguments, GIGWAY_DATABASE_URL=url)
    assert exit_code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["actor_id", "client_id", "client_secret"]
    exit_code, _, err = run(*arguments[:-1], "http://test.example/callback", GIGWAY_DATABASE_URL=url)
    assert exit_code == 2
    assert err.startswith("REDIRECT_URI_INVALID")


def test_an_actors_limits_are_set_and_taken_back(run, tmp_path):
    _, out, _ = run(
        "actors",
        "create",
        "--name",
        "Test Staffing",
        GIGWAY_DATABASE_URL=f"sqlite:///{tmp_path}/x.db",
        GIGWAY_MAX_COST="7",
    )
    actor = out.split()[1]
    defaults = "max_cost        7 (default)\ncost_per_minute 10000000 (default)\n"
    assert run("actors", "limits", actor) == (0, defaults, "")
    assert run("actors", "limits", actor, "--max-cost", "9", "--cost-per-minute", "0")[1] == (
        "max_cost        9\ncost_per_minute 0\n"
    )
    assert run("actors", "limits", actor, "--cost-per-minute", "5")[1] == "max_cost        9\ncost_per_minute 5\n"
    back = run("actors", "limits", actor, "--max-cost", "default", "--cost-per-minute", "default")
    assert back == (0, defaults, "")
    assert run("actors", "limits", actor, "--max-cost", "0")[2].startswith("COST_INVALID")
    assert run("actors", "limits", "nobody")[2].startswith("ACTOR_UNKNOWN")


def test_a_client_is_changed_and_gets_a_new_secret(run, tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    _, out, _ = run("actors", "create", "--name", "Test Staffing", GIGWAY_DATABASE_URL=url)
    client_id = out.splitlines()[1].split()[1]
    push, back = "https://test.example/events", "https://test.example/new"
    exit_code, out, _ = run("actors", "change-client", client_id, "--event-push-url", push, "--redirect-uri", back)
    assert exit_code == 0
    assert f"event_push_url {push}" in out
    assert run("actors", "show-client", client_id)[1] == out
    assert run("actors", "rotate-secret", client_id)[1].startswith("client_secret gw")
    for arguments in (["change-client", client_id], ["change-client", "nobody", "--name", "X"], ["show-client", "no"]):
        exit_code, out, err = run("actors", *arguments)
        assert (exit_code, out) == (2, "")
        assert err.startswith(("NOTHING_TO_CHANGE", "CLIENT_UNKNOWN"))


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "demo",
        "sandbox",
        "schema",
        "compose",
        "plan",
        "explain",
        "audit",
        "receipts",
        "taxonomy",
        "connectors",
        "actors",
        "keys",
        "restore",
        "migrate",
    ],
)
def test_every_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "usage: gigway" in capsys.readouterr().out

"""The import contract (who may import whom), file sizes, module docstrings."""

import ast
import re
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "connectors", "consent", "graph")
OURS = frozenset(PACKAGES)
PURE = ("gateway.composition", "gateway.planner")
IMPURE_MODULES = frozenset(
    [
        "asyncio",
        "aiohttp",
        "socket",
        "ssl",
        "http",
        "urllib3",
        "httpx",
        "httpx2",
        "sqlalchemy",
        "sqlmodel",
        "starlette",
        "uvicorn",
        "authlib",
        "os",
        "io",
        "pathlib",
        "subprocess",
        "threading",
        "multiprocessing",
        "random",
        "secrets",
        "time",
        "tempfile",
        "shutil",
    ]
)
ENGINE = ("gateway.composition", "gateway.planner", "gateway.executor", "gateway.engine", "gateway.subgraphs")
GIG_WORDS = frozenset(["gig", "gigs", "worker", "workers", "platform", "platforms", "uber", "upwork"])
HTTP_CLIENTS = ("aiohttp", "httpx", "httpx2", "requests", "urllib.request", "urllib3", "http.client", "smtplib")
HTTP_CLIENTS += ("authlib.integrations",)
WAYS_OUT = {
    "connectors.transport.wire": "to platforms: each request with an open lease (`connectors.transport.permit`)",
    "connectors.transport.address": "looks names up for `wire`",
    "connectors.linking.oauth_client": "to a platform's OAuth endpoints, while its worker links an account",
    "connectors.linking.mail": "to the operator's mail server, for codes",
    "connectors.conformance.run": "to a sandbox, at the console and the command line",
    "connectors.conformance.checks": "likewise",
    "connectors.conformance.export": "likewise",
    "connectors.conformance.feeds": "likewise",
    "connectors.conformance.sign_in": "likewise",
    "consent.notices.push": "to an actor's address, with a signed notice",
    "consent.signin.oidc": "to an OpenID provider",
    "gateway.subgraphs.http": "to a remote subgraph: only what the gate has allowed is asked of it",
    "gateway.server.otlp": "to the operator's collector of traces, which hold no data",
}
"""Modules of the server that can reach anything outside, and why. Nothing about a worker leaves or comes otherwise."""

TOOLS = ("gateway.cli", "gateway.demo", "connectors.sandbox")
"""Programs beside the server: commands, the demo's browser and actor, simulated platforms."""

COMPOSITION_ROOT, WIRING = "gateway.server.app", "gateway.server.wiring"
LONGEST = 500


def modules():
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path):
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package.split(".")[: len(package.split(".")) - node.level + 1]
                yield ".".join([*base, node.module or ""]).rstrip(".")
            else:
                yield node.module or ""


def within(name, *packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_keeps_the_import_contract(path):
    name, wrong = name_of(path), []
    top = name.split(".")[0]
    for imported in imports_of(path):
        target = imported.split(".")[0]
        if top != "gateway" and target in OURS - {top}:
            wrong.append(f"{top} may import nothing of ours but itself: {imported}")
        if (
            within(name, "gateway.composition")
            and within(imported, "gateway")
            and not within(imported, "gateway.composition")
        ):
            wrong.append(f"composition stands alone: {imported}")
        if (
            within(name, "gateway.planner")
            and within(imported, "gateway")
            and not within(imported, "gateway.planner", "gateway.composition")
        ):
            wrong.append(f"the planner may import composition only: {imported}")
        if within(name, *PURE) and target in IMPURE_MODULES:
            wrong.append(f"composition and planner are pure: {imported}")
        if within(name, *ENGINE) and (
            target in OURS - {"gateway"} or within(imported, "gateway.server", "gateway.registry", "gateway.config")
        ):
            wrong.append(f"the engine knows nothing of the application: {imported}")
        if within(imported, WIRING) and not within(name, WIRING, COMPOSITION_ROOT):
            wrong.append(f"only the composition root wires objects together: {imported}")
        if within(imported, COMPOSITION_ROOT) and within(name, WIRING):
            wrong.append(f"parts do not know what they are part of: {imported}")
    assert not wrong


def runtime_imports(path, known):
    """Yield the modules of ours that a module imports when it runs, in functions too; not those for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield from (each for each in (inner if inner in known else module,) if each in known)


def test_no_modules_import_one_another_in_a_circle():
    known = {name_of(path): path for path in modules()}
    graph = networkx.DiGraph((name, other) for name, path in known.items() for other in runtime_imports(path, known))
    circles = [sorted(each) for each in networkx.strongly_connected_components(graph) if len(each) > 1]
    assert circles == []
    assert not list(networkx.selfloop_edges(graph))


@pytest.mark.parametrize("path", [path for path in modules() if within(name_of(path), *PURE)], ids=name_of)
def test_composition_and_planner_never_wait(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Await | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_says_what_it_owns(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "every module has a docstring"


@pytest.mark.parametrize("path", [path for path in modules() if "migrations" not in path.parts], ids=name_of)
def test_a_file_is_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", [path for path in modules() if within(name_of(path), *ENGINE)], ids=name_of)
def test_the_engine_has_no_gig_word_in_it(path):
    words = {word.lower() for word in re.findall(r"[A-Za-z]+", path.read_text(encoding="utf-8"))}
    assert not words & GIG_WORDS


def test_the_engine_is_read_in_one_order():
    """Imports for types alone are counted here too, and packages not."""
    files = {name_of(path): path for path in modules() if within(name_of(path), *ENGINE) and path.name != "__init__.py"}
    imports = networkx.DiGraph(
        (name, imported) for name, path in files.items() for imported in imports_of(path) if imported in files
    )
    assert [circle for circle in networkx.strongly_connected_components(imports) if len(circle) > 1] == []


def test_69_nothing_else_can_reach_outside():
    """Cache, retries, background reads, paging: whatever fetches a worker's data has to go through `wire`."""
    found = {
        name_of(path)
        for path in modules()
        if not within(name_of(path), *TOOLS) and any(within(name, *HTTP_CLIENTS) for name in imports_of(path))
    }
    assert found == WAYS_OUT.keys()


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_module_draws_from_the_generator_that_all_share(path):
    """A loop in the background would shift what a seed gives elsewhere; `Random` and `SystemRandom` are one's own."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    drawn = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "random"
    }
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "random"
        for alias in node.names
    }
    assert drawn | imported <= {"Random", "SystemRandom"}

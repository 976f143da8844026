"""GraphQL over HTTP as others check it: every audit of npm's graphql-http, the optional ones included."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "audit"
AUDITS = 61


@pytest.fixture(scope="module")
def node():
    """Node.js, with the audits installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("needs node and npm")
    if not (HERE / "node_modules/graphql-http").is_dir():
        installed = subprocess.run([npm, "ci", "--silent"], cwd=HERE, capture_output=True, text=True)
        if installed.returncode:
            pytest.skip("npm cannot install graphql-http here")
    return node


def test_every_audit_passes(node, gigway):
    run = subprocess.run(
        [node, "audit.js", f"{gigway}/graphql"], cwd=HERE, capture_output=True, text=True, check=True, timeout=60
    )
    results = json.loads(run.stdout)
    assert len(results) == AUDITS
    assert [result for result in results if result["status"] != "ok"] == []

"""Documents by id: the operator's trusted ones, and those that clients register by their hash."""

import asyncio
import hashlib

import orjson
import pytest

from gateway.config import SettingsError, load_settings
from gateway.server.documents import (
    MISMATCH,
    NOT_FOUND,
    NOT_SUPPORTED,
    NOT_TRUSTED,
    UNKNOWN,
    Documents,
    load_trusted_documents,
)
from gateway.server.http_request import GraphQLParameters
from gateway.storage.keyring import generate_key

TEXT = "{ note { id } }"
OTHER = "{ note { text } }"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def by_hash(text, query=""):
    return GraphQLParameters(query=query, extensions={"persistedQuery": {"version": 1, "sha256Hash": digest(text)}})


def test_a_text_needs_no_id():
    parameters = GraphQLParameters(query=TEXT)
    assert Documents().resolve(parameters) is parameters
    assert Documents({"a": OTHER}).resolve(parameters) is parameters


@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize(
    ("trusted", "parameters"),
    [
        ({"a": TEXT}, GraphQLParameters(query="", document_id="a")),
        ({"a": TEXT}, GraphQLParameters(query=TEXT, document_id="a")),
        ({digest(TEXT): TEXT}, by_hash(TEXT)),
        ({f"sha256:{digest(TEXT)}": TEXT}, by_hash(TEXT)),
        ({f"sha256:{digest(TEXT)}": TEXT}, GraphQLParameters(query="", document_id=f"sha256:{digest(TEXT)}")),
        ({"a": TEXT}, GraphQLParameters(query=TEXT)),
    ],
)
def test_a_trusted_document_is_found(required, trusted, parameters):
    assert Documents(trusted, required=required).resolve(parameters).query == TEXT


@pytest.mark.parametrize(
    ("documents", "parameters", "refusal"),
    [
        (Documents({"a": TEXT}, required=True), GraphQLParameters(query=OTHER), NOT_TRUSTED),
        (Documents({"a": TEXT}, required=True), GraphQLParameters(query=OTHER, document_id="b"), UNKNOWN),
        (Documents({"a": TEXT}, required=True, automatic=True), by_hash(OTHER, OTHER), UNKNOWN),
        (Documents({"a": TEXT}), GraphQLParameters(query="", document_id="b"), UNKNOWN),
        (Documents({"a": TEXT}), GraphQLParameters(query=OTHER, document_id="a"), MISMATCH),
        (Documents(), GraphQLParameters(query="", document_id="a"), UNKNOWN),
        (Documents(), by_hash(TEXT), NOT_SUPPORTED),
        (Documents(automatic=True), by_hash(TEXT), NOT_FOUND),
        (Documents(automatic=True), by_hash(TEXT, OTHER), MISMATCH),
    ],
)
def test_other_documents_are_refused(documents, parameters, refusal):
    assert documents.resolve(parameters) == refusal


@pytest.mark.parametrize(
    "extension", [{}, "x", {"version": 2, "sha256Hash": "a" * 64}, {"version": 1, "sha256Hash": "☃" * 64}]
)
def test_a_hash_that_is_none_is_a_bad_request(extension):
    parameters = GraphQLParameters(query="", extensions={"persistedQuery": extension})
    refused = Documents(automatic=True).resolve(parameters)
    assert (refused.status, refused.code) == (400, "BAD_REQUEST")


def test_a_document_is_remembered_by_its_hash():
    documents = Documents(automatic=True)
    assert documents.resolve(by_hash(TEXT, TEXT)).query == TEXT
    assert documents.resolve(by_hash(TEXT)).query == TEXT


def test_what_is_remembered_is_bounded():
    documents = Documents(automatic=True, kept_bytes=40)
    texts = [f"{{ note {{ a{number} }} }}" for number in range(9)]
    for text in texts:
        documents.resolve(by_hash(text, text))
    known = [text for text in texts if documents.resolve(by_hash(text)) != NOT_FOUND]
    assert known == texts[-2:]


def test_the_endpoint_speaks_the_protocol(graph, client):
    endpoint = graph.endpoint(documents=Documents(automatic=True))
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest(TEXT)}}

    def ask(body):
        return asyncio.run(client(endpoint, body, accept="application/graphql-response+json").run())

    first = ask({"extensions": extensions})
    assert first.json == {
        "errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]
    }
    assert first.status == 200
    assert ask({"extensions": extensions, "query": TEXT}).json == {"data": {"note": {"id": "1"}}}
    assert ask({"extensions": extensions}).json == {"data": {"note": {"id": "1"}}}
    query_string = b'extensions={"persistedQuery":{"version":1,"sha256Hash":"%s"}}' % digest(TEXT).encode()
    by_get = asyncio.run(client(endpoint, method="GET", query_string=query_string).run())
    assert by_get.json == {"data": {"note": {"id": "1"}}}


def test_a_manifest_is_read(tmp_path):
    plain, apollo = tmp_path / "plain.json", tmp_path / "apollo.json"
    plain.write_bytes(orjson.dumps({"a": TEXT}))
    operations = [{"id": "a", "name": "Q", "type": "query", "body": TEXT}]
    apollo.write_bytes(
        orjson.dumps({"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations})
    )
    assert load_trusted_documents(str(plain)) == load_trusted_documents(str(apollo)) == {"a": TEXT}


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1}', b'{"a": ""}', b'{"": "{a}"}', None])
def test_a_manifest_that_is_none_stops_the_start(tmp_path, content):
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match="trusted_documents: "):
        load_trusted_documents(str(path))


@pytest.mark.parametrize(
    "settings",
    [
        {"GIGWAY_TRUSTED_DOCUMENTS_MODE": "some"},
        {"GIGWAY_TRUSTED_DOCUMENTS_MODE": "allow"},
        {
            "GIGWAY_TRUSTED_DOCUMENTS_MODE": "require",
            "GIGWAY_TRUSTED_DOCUMENTS": "x.json",
            "GIGWAY_PERSISTED_QUERIES": "true",
        },
    ],
)
def test_settings_that_contradict_each_other_stop_the_start(settings):
    with pytest.raises(SettingsError):
        load_settings({"GIGWAY_MASTER_KEYS": generate_key("t1")} | settings)

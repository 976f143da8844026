"""Settings: where they come from, and what is refused."""

import pytest

from gateway.config import Settings, SettingsError, load_settings
from gateway.storage.keyring import generate_key

KEYS = generate_key("a")
WITNESS = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
LOG = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def test_the_environment_wins_over_the_file(tmp_path):
    file = tmp_path / "gigway.toml"
    file.write_text("port = 9000\nmax_depth = 7\ngraphiql = false\n")
    settings = load_settings(
        {"GIGWAY_CONFIG": str(file), "GIGWAY_PORT": "9001", "GIGWAY_MASTER_KEYS": KEYS, "HOME": "/"}
    )
    assert (settings.port, settings.max_depth, settings.graphiql) == (9001, 7, False)


def test_secrets_stay_out_of_the_repr():
    settings = load_settings({"GIGWAY_MASTER_KEYS": KEYS, "GIGWAY_DATABASE_URL": "postgresql://u:sesame@h/d"})
    assert KEYS not in repr(settings)
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"GIGWAY_PROT": "1"}, "GIGWAY_PROT: there is no such setting"),
        ({"GIGWAY_PORT": "x"}, "port: write a number"),
        ({"GIGWAY_PORT": "0"}, "port: 0 is out of range"),
        ({"GIGWAY_GRAPHIQL": "maybe"}, "graphiql: write true or false"),
        ({"GIGWAY_ISSUER": "http://gigway.example"}, "issuer: plain http is for a loopback address only"),
        ({"GIGWAY_ISSUER": "https://gigway.example/"}, "issuer: leave out the slash"),
        ({"GIGWAY_ISSUER": "gigway"}, "issuer: write an https URL"),
        ({"GIGWAY_ISSUER": "https://gigway.example", "GIGWAY_DEMO_LOGIN": "1"}, "demo_login: is for a loopback issuer"),
        ({"GIGWAY_ISSUER": "https://gigway.example", "GIGWAY_SANDBOX_URL": "http://x"}, "sandbox_url: simulated"),
        ({"GIGWAY_MASTER_KEYS": "nonsense"}, "master_keys: Master key 1 is not of the form"),
        ({"GIGWAY_OIDC_PROVIDERS": "[1]"}, "oidc_providers: write a JSON list"),
        ({"GIGWAY_OIDC_PROVIDERS": '[{"key": "x"}]'}, "oidc_providers: write a JSON list"),
        ({"GIGWAY_PLATFORM_CLIENTS": "[]"}, "platform_clients: write a JSON object"),
        ({"GIGWAY_PLATFORM_CLIENTS": '{"uber": {"id": "x"}}'}, "platform_clients: write a JSON object"),
        ({"GIGWAY_PLATFORM_CONFIG": '{"uber": 1}'}, "platform_config: write a JSON object"),
        ({"GIGWAY_LOG_LEVEL": "loud"}, "log_level: write debug"),
        ({"GIGWAY_MAIL_URL": "http://mail.example"}, "mail_url: write smtps"),
        ({"GIGWAY_MAIL_URL": "smtps://u:%C3%A9@mail.example"}, "mail_url: user and password must be ASCII"),
        ({"GIGWAY_MAIL_URL": "smtps://mail.example", "GIGWAY_MAIL_FROM": "me"}, "mail_from: write the address"),
        ({"GIGWAY_WITNESSES": "w"}, "witnesses: write verifier keys"),
        ({"GIGWAY_WITNESSES": f"{WITNESS},{WITNESS}"}, "witnesses: one of the keys is there twice"),
        ({"GIGWAY_WITNESSES": LOG}, "witnesses: one of the keys is a log's"),
        ({"GIGWAY_CONFIG": "/none/gigway.toml"}, "cannot be read"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write(variables, said):
    with pytest.raises(SettingsError) as raised:
        load_settings({"GIGWAY_MASTER_KEYS": KEYS, **variables})
    assert said in str(raised.value)


def test_all_problems_are_listed_at_once():
    with pytest.raises(SettingsError) as raised:
        load_settings({"GIGWAY_PORT": "x", "GIGWAY_NONE": "1"})
    assert len(str(raised.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("issuer", "loopback"), [("http://localhost:1", True), ("http://[::1]:2", True), ("https://a.b", False)]
)
def test_loopback_is_recognized(issuer, loopback):
    assert Settings(issuer=issuer).is_loopback is loopback


def test_a_command_line_option_wins_and_one_that_was_left_out_changes_nothing():
    environment = {"GIGWAY_MASTER_KEYS": KEYS, "GIGWAY_PORT": "9001"}
    assert load_settings(environment, port=9002, host=None).port == 9002
    assert load_settings(environment, port=None).port == 9001


def test_witnesses_are_read_as_keys():
    settings = load_settings({"GIGWAY_MASTER_KEYS": KEYS, "GIGWAY_WITNESSES": f" {WITNESS} ,"})
    assert [key.name for key in settings.witness_keys] == ["remora.n621.de"]
    assert load_settings({"GIGWAY_MASTER_KEYS": KEYS}).witness_keys == ()


def test_what_connectors_read_as_config_comes_from_the_file_too(tmp_path):
    file = tmp_path / "gigway.toml"
    file.write_text('[platform_config.acme]\nmarket = "se"\n')
    settings = load_settings({"GIGWAY_CONFIG": str(file), "GIGWAY_MASTER_KEYS": KEYS})
    assert settings.connector_config == {"acme": {"market": "se"}}


def test_registrations_at_platforms_come_from_the_file_too(tmp_path):
    file = tmp_path / "gigway.toml"
    file.write_text('[platform_clients.uber]\nclient_id = "c"\nclient_secret = "sesame"\n')
    settings = load_settings({"GIGWAY_CONFIG": str(file), "GIGWAY_MASTER_KEYS": KEYS})
    assert settings.registrations["uber"].client_id == "c"
    assert "sesame" not in repr(settings)
    assert "sesame" not in repr(settings.registrations)

"""What an operator may set: weak and missing secrets are refused, and no refusal repeats one."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from iap_api.access.signing_keys import SigningKeys
from iap_api.core.database import async_url
from iap_api.core.sealing import new_key
from iap_api.core.settings import Settings

KEY = SigningKeys.generate().to_pem().decode()
NOTE_KEY = new_key("2026")
STRONG = "qW7-zK2_pL9.vB4+tR6-xN1_mH8.cJ3+"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IAP_DATA_DIR", str(tmp_path / "data"))
    for name in (
        "ENVIRONMENT",
        "SECRET",
        "SIGNING_KEY",
        "NOTE_KEYS",
        "DATABASE_URL",
        "MIGRATION_DATABASE_URL",
        "PORT",
        "FILE_KEYS",
        "FILE_STORE",
        "FILE_STORE_KEY_ID",
        "FILE_STORE_SECRET",
    ):
        monkeypatch.delenv(f"IAP_{name}", raising=False)


def refused(monkeypatch: pytest.MonkeyPatch, **given: str) -> str:
    for name, value in given.items():
        monkeypatch.setenv(f"IAP_{name.upper()}", value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    return f"{caught.value!r}{caught.value.json(include_input=False)}"


@pytest.mark.parametrize(
    "weak",
    ["", "secret", "changeme", "tiny-but-odd-Z9", "a" * 64, "abcabcabcabcabcabcabcabcabcabcabcabc", "x" * 31 + "yz"],
)
def test_a_weak_secret_stops_the_start_outside_the_demo_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, weak: str
) -> None:
    told = refused(monkeypatch, secret=weak, signing_key=KEY)
    assert "IAP_SECRET" in told
    if len(weak) > 8:
        assert weak not in told


def test_a_missing_secret_stops_the_start_outside_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "IAP_SECRET" in refused(monkeypatch, signing_key=KEY)


@pytest.mark.parametrize("key", ["", "wrong-key-hunter2", "-----BEGIN PUBLIC KEY-----\nhunter2"])
def test_a_signing_key_that_is_none_stops_the_start_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    told = refused(monkeypatch, secret=STRONG, signing_key=key)
    assert "IAP_SIGNING_KEY" in told
    assert "hunter2" not in told
    assert STRONG not in told


@pytest.mark.parametrize(
    "keys", ["hunter2", "2026:hunter2", f"2026:{'A' * 43}=", f"{NOTE_KEY} 2027:hunter2"],
    ids=["a word", "a word with an id", "all zeros", "a good one before a word"],
)  # fmt: skip
def test_a_note_key_that_is_none_stops_the_start_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    told = refused(monkeypatch, secret=STRONG, signing_key=KEY, note_keys=keys)
    assert "IAP_NOTE_KEYS" in told
    assert "hunter2" not in told
    assert NOTE_KEY not in told


def test_without_note_keys_everything_but_therapy_notes_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAP_SECRET", STRONG)
    monkeypatch.setenv("IAP_SIGNING_KEY", KEY)
    assert not Settings().sealing_keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "0"), ("port", "70000"), ("environment", "staging"), ("pool_size", "0"),
        ("access_token_seconds", "86400"), ("log_level", "loud"),
    ],
)  # fmt: skip
def test_a_value_out_of_range_names_its_setting_and_repeats_no_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    told = refused(monkeypatch, secret=STRONG, signing_key=KEY, **{name: value})
    assert name in told
    assert STRONG not in told
    assert KEY not in told


def test_printed_settings_hold_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAP_SECRET", STRONG)
    monkeypatch.setenv("IAP_SIGNING_KEY", KEY)
    monkeypatch.setenv("IAP_NOTE_KEYS", NOTE_KEY)
    monkeypatch.setenv("IAP_DATABASE_URL", "postgresql://iap:tidal-7-password@db.example/iap")
    chosen = Settings()
    printed = f"{chosen!r} {chosen}"
    assert STRONG not in printed
    assert "PRIVATE KEY" not in printed
    assert NOTE_KEY.partition(":")[2] not in printed
    assert "tidal-7-password" not in printed


def test_a_demo_makes_its_own_secret_once_readable_by_its_owner_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IAP_ENVIRONMENT", "demo")
    first, second = Settings(), Settings()
    assert len(first.secret.get_secret_value()) >= 32
    assert first.secret.get_secret_value() == second.secret.get_secret_value()
    assert first.sealing_keys()
    assert first.note_keys.get_secret_value() == second.note_keys.get_secret_value()
    kept = sorted((tmp_path / "data").iterdir())
    assert [one.name for one in kept] == ["demo-note-keys", "demo-secret"]
    assert not any(one.stat().st_mode & 0o077 for one in kept)


def test_without_a_database_url_it_is_a_file_in_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IAP_ENVIRONMENT", "demo")
    chosen = Settings()
    assert chosen.database_url == f"sqlite:///{tmp_path}/data/iap.sqlite3"
    assert chosen.migration_database_url == chosen.database_url


def test_no_other_database_is_taken() -> None:
    with pytest.raises(ValueError, match="must be PostgreSQL or SQLite") as caught:
        async_url("mysql://iap:hunter2@db.example/iap")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["google_issuer", "entra_host", "other_issuers"])
@pytest.mark.parametrize(
    "address",
    [
        "http://idp.willow.example", "http://127.0.0.1:8000", "idp.willow.example", "ftp://idp.willow.example", "",
        "https://", "https://jo:word@idp.willow.example", "https://idp.willow.example?x=1", "https://idp.example#x",
        "https://idp.willow.example/a b", "https://idp.example\\@evil.example", "https://[::1", "https://idp:port",
        "https://\u0456dp.example",
    ],
)  # fmt: skip
def test_an_identity_provider_that_could_not_be_asked_safely_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    given = json.dumps([address]) if name == "other_issuers" else address
    told = refused(monkeypatch, environment="demo", **{name: given})
    assert "identity provider" in told
    assert "word" not in told


def test_a_provider_on_this_machine_takes_the_operators_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAP_ENVIRONMENT", "demo")
    monkeypatch.setenv("IAP_LOOPBACK_PROVIDERS", "true")
    monkeypatch.setenv("IAP_GOOGLE_ISSUER", "http://127.0.0.1:9000")
    assert Settings().google_issuer == "http://127.0.0.1:9000"
    refused(monkeypatch, google_issuer="http://192.0.2.7:9000")
    refused(monkeypatch, google_issuer="http://127.0.0.1.evil.example")


def test_google_and_microsoft_are_not_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAP_ENVIRONMENT", "demo")
    assert Settings().google_issuer == "https://accounts.google.com"
    for issuer in ("https://accounts.google.com", "https://login.microsoftonline.com/common/v2.0"):
        told = refused(monkeypatch, other_issuers=json.dumps([issuer]))
        assert "IAP_OTHER_ISSUERS" in told
    monkeypatch.setenv("IAP_OTHER_ISSUERS", '["https://idp.willow.example/realms/staff"]')
    assert Settings().other_issuers == ["https://idp.willow.example/realms/staff"]


@pytest.mark.parametrize(
    "address",
    ["s3://bucket", "http://minio.example/bucket", "https://host", "https://host/", "https://key:secret@host/bucket",
     "https://host/bucket?x=1", "ftp://host/bucket", "bucket"],
)  # fmt: skip
def test_a_store_of_files_is_a_bucket_behind_https(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    given = {"secret": STRONG, "signing_key": KEY, "file_store_key_id": "x", "file_store_secret": "hush-hush-9"}
    told = refused(monkeypatch, file_store=address, **given)
    assert "IAP_FILE_STORE" in told
    assert "hush-hush-9" not in told


def test_a_store_of_files_needs_its_keys_and_files_need_none(monkeypatch: pytest.MonkeyPatch) -> None:
    told = refused(monkeypatch, secret=STRONG, signing_key=KEY, file_store="https://host/bucket/folder")
    assert "IAP_FILE_STORE_SECRET" in told
    monkeypatch.setenv("IAP_FILE_STORE_KEY_ID", "x")
    monkeypatch.setenv("IAP_FILE_STORE_SECRET", "y")
    chosen = Settings()
    assert chosen.file_sealing_keys().first is not None
    assert "secret='y'" not in repr(chosen)


def test_files_are_sealed_with_the_first_key_set_and_another_secret_draws_another_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("SECRET", STRONG), ("SIGNING_KEY", KEY)):
        monkeypatch.setenv(f"IAP_{name}", value)
    drawn = Settings().file_sealing_keys().first
    assert drawn is not None
    monkeypatch.setenv("IAP_FILE_KEYS", NOTE_KEY)
    keys = Settings().file_sealing_keys()
    assert keys.first == "2026"
    assert drawn in keys
    monkeypatch.setenv("IAP_SECRET", STRONG[::-1])
    assert drawn not in Settings().file_sealing_keys()
    assert "IAP_FILE_KEYS" in refused(monkeypatch, file_keys="2026:short")

"""Every setting of the API, read from `IAP_` environment variables and checked before anything starts."""

import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from iap_api.core.outgoing import parts_of
from iap_api.core.sealing import SealingKeys, UnfitKeys, key_of_secret, new_key


class WeakSecret(ValueError):
    """A secret is missing or too weak for real use."""


class Settings(BaseSettings):
    """What an operator may set; each field is `IAP_` plus its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="IAP_", extra="ignore", hide_input_in_errors=True)

    environment: Literal["production", "demo"] = "production"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    data_dir: Path = Path("data")
    # a URL may hold a password, so neither is shown when settings are printed
    database_url: str = Field(default="", repr=False, description="Empty: an SQLite file in the data folder.")
    migration_database_url: str = Field(default="", repr=False, description="The owner's URL; empty: the same one.")
    secret: SecretStr = Field(
        default=SecretStr(""), description="At least 32 characters; signs cursors and body digests."
    )
    signing_key: SecretStr = Field(default=SecretStr(""), description="RSA private key (PEM) that signs access tokens.")
    note_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Keys that seal therapy notes, id:base64 each, the one that seals first. Lost: the notes are lost.",
    )
    file_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Keys that seal files, written as those for notes; empty: one drawn from IAP_SECRET.",
    )
    file_store: str = Field(
        default="",
        description="Empty: the folder files in IAP_DATA_DIR; else an S3 bucket, https://host/bucket[/folder].",
    )
    file_store_region: str = "us-east-1"
    file_store_key_id: SecretStr = Field(default=SecretStr(""), description="The access key id for the bucket.")
    file_store_secret: SecretStr = Field(default=SecretStr(""), description="The secret access key for the bucket.")
    issuer: str = "https://iap.example"
    audience: str = "iap-api"
    access_token_seconds: int = Field(default=900, ge=60, le=3600)
    refresh_token_days: int = Field(default=14, ge=1, le=90)
    demo_password: SecretStr = SecretStr("demo-bubble-2026")
    hosts: list[str] = Field(default=[], description="Host names the API answers to; empty: any.")
    cors_origins: list[str] = []
    google_issuer: str = Field(default="https://accounts.google.com", description="Google's name in its tokens.")
    entra_host: str = Field(
        default="https://login.microsoftonline.com",
        description="Microsoft's sign-in host, or a sovereign cloud's.",
    )
    other_issuers: list[str] = Field(
        default=[], description="Issuers that may be asked besides Google and Microsoft, spelt exactly."
    )
    loopback_providers: bool = Field(
        default=False, description="Let an identity provider be on this machine, without https: to try things out."
    )
    trusted_proxies: list[str] = Field(default=[], description="Networks whose forwarded headers are believed.")
    pool_size: int = Field(default=40, ge=1, le=200)
    pool_wait_seconds: float = Field(default=5.0, gt=0, le=60)
    body_limit_bytes: int = Field(default=256 * 1024, ge=1024)
    body_deadline_seconds: float = Field(default=15.0, gt=0)
    visit_left_open_minutes: int = Field(
        default=60, ge=5, le=720, description="A visit open for longer becomes an event."
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _fill_and_check(self) -> Self:
        if not self.database_url:
            self.database_url = f"sqlite:///{self.data_dir / 'iap.sqlite3'}"
        if not self.migration_database_url:
            self.migration_database_url = self.database_url
        if self.environment == "production":
            secret = self.secret.get_secret_value()
            if len(secret) < 32 or len(set(secret)) < 10:
                raise WeakSecret("IAP_SECRET must hold at least 32 characters, hard to guess.")
            if "PRIVATE KEY" not in self.signing_key.get_secret_value():
                raise WeakSecret("IAP_SIGNING_KEY must hold an RSA private key in PEM form.")
        else:
            if not self.secret.get_secret_value():
                self.secret = self._of_the_demo("demo-secret", lambda: secrets.token_urlsafe(48))
            if not self.note_keys.get_secret_value():
                self.note_keys = self._of_the_demo("demo-note-keys", lambda: new_key("demo"))
        self.sealing_keys()
        self.file_sealing_keys()
        return self

    @model_validator(mode="after")
    def _check_file_store(self) -> Self:
        if self.file_store:
            parts = parts_of(self.file_store, loopback=True)
            if parts is None or not parts.path.strip("/"):
                raise ValueError("IAP_FILE_STORE must be https://host/bucket, with a folder in it or none.")
            if not (self.file_store_key_id.get_secret_value() and self.file_store_secret.get_secret_value()):
                raise ValueError("IAP_FILE_STORE needs IAP_FILE_STORE_KEY_ID and IAP_FILE_STORE_SECRET.")
        return self

    @model_validator(mode="after")
    def _check_providers(self) -> Self:
        for issuer in (self.google_issuer, self.entra_host, *self.other_issuers):
            if parts_of(issuer, loopback=self.loopback_providers) is None:
                raise ValueError("An identity provider's address is https, without credentials, query or fragment.")
        if any(self.known_kind(issuer) for issuer in self.other_issuers):
            raise ValueError("IAP_OTHER_ISSUERS is for neither Google nor Microsoft: each has a kind of its own.")
        return self

    def known_kind(self, issuer: str) -> str | None:
        """Return whether an issuer is Google's or one of Microsoft's, or None."""
        if issuer == self.google_issuer:
            return "google"
        return "entra" if issuer.startswith(f"{self.entra_host}/") else None

    def sealing_keys(self) -> SealingKeys:
        """Return the keys for therapy notes, none if none is set; raises `WeakSecret` for one that is no good."""
        try:
            return SealingKeys.parse(self.note_keys.get_secret_value())
        except UnfitKeys as error:
            raise WeakSecret(f"IAP_NOTE_KEYS {error}") from None

    def file_sealing_keys(self) -> SealingKeys:
        """Return the keys for files, the one drawn from the secret last; raises `WeakSecret` for one that is no good.

        So a school that sets keys of its own still opens what was sealed before.
        """
        drawn = key_of_secret(self.secret.get_secret_value(), "files")
        try:
            return SealingKeys.parse(self.file_keys.get_secret_value(), drawn)
        except UnfitKeys as error:
            raise WeakSecret(f"IAP_FILE_KEYS {error}") from None

    def _of_the_demo(self, name: str, make: Callable[[], str]) -> SecretStr:
        kept = self.data_dir / name
        if not kept.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600)
            kept.write_text(make())
        return SecretStr(kept.read_text())


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process.

    Raises pydantic.ValidationError naming the setting that is missing, weak or out of range.
    """
    return Settings()

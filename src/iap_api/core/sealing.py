"""Sealing: text that the database keeps and cannot read, by AES-256-GCM with keys that only the settings hold."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
# 96 bits, random: safe for 2^32 texts under one key (NIST SP 800-38D, 8.2.2 and 8.3)
NONCE_BYTES = 12
_ID = re.compile(r"^[a-z0-9][a-z0-9._-]{0,31}\Z")


class UnfitKeys(ValueError):
    """The setting is not a list of `id:key`; the message never repeats what was given."""


class UnknownKey(LookupError):
    """The text was sealed with a key that is not among these."""


class BrokenSeal(ValueError):
    """The text does not open: another key under this id, an altered byte, or a text that belongs elsewhere."""


class SealingKeys:
    """The keys of an installation: the first one seals, every one opens."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        """Take the keys by id, the one that seals first."""
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.first = next(iter(keys), None)

    @classmethod
    def parse(cls, given: str, also: Mapping[str, bytes] | None = None) -> Self:
        """Read `id:key id:key …`, parted by white space or commas, each key 32 bytes in base64; nothing is no key.

        Those in `also` come after them.

        Raises `UnfitKeys` for an id or a key that is malformed, stands twice, or was plainly not drawn by chance.
        """
        keys: dict[str, bytes] = {}
        for one in given.replace(",", " ").split():
            key_id, _, written = one.partition(":")
            if not (written and _ID.match(key_id)):
                raise UnfitKeys("must be written id:key, the id of at most 32 of a-z, 0-9, '.', '_' and '-'.")
            try:
                key = base64.b64decode(written, validate=True)
            except (binascii.Error, ValueError):
                key = b""
            if len(key) != KEY_BYTES or len(set(key)) < KEY_BYTES // 2:
                raise UnfitKeys(f"needs {KEY_BYTES} random bytes in base64 for each key: iap-api notes new-key.")
            if key_id in keys or key in keys.values():
                raise UnfitKeys("must not name a key twice.")
            keys[key_id] = key
        return cls({**keys, **{key_id: key for key_id, key in (also or {}).items() if key_id not in keys}})

    def __bool__(self) -> bool:
        """Say whether there is any key."""
        return self.first is not None

    def __contains__(self, key_id: str) -> bool:
        """Say whether a key of this id is there."""
        return key_id in self._ciphers

    def seal(self, text: str, bound_to: bytes) -> tuple[str, bytes]:
        """Return the id of the first key, and nonce, ciphertext and tag; `bound_to` says what the text belongs to.

        Raises `UnknownKey` when there is no key.
        """
        if self.first is None:
            raise UnknownKey()
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = self._ciphers[self.first]
        return self.first, nonce + cipher.encrypt(nonce, text.encode(), _bound(bound_to, self.first))

    def open(self, key_id: str, sealed: bytes, bound_to: bytes) -> str:
        """Return the text; raises `UnknownKey` and `BrokenSeal`."""
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKey()
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(bound_to, key_id)).decode()
        except (InvalidTag, ValueError):
            # a text that was cut short is no ValueError of ours
            raise BrokenSeal() from None


def _bound(bound_to: bytes, key_id: str) -> bytes:
    return bound_to + b"\x00" + key_id.encode()


def key_of_secret(secret: str, what: str) -> dict[str, bytes]:
    """Return a key drawn from the installation's secret for one use, under an id that another secret's has not."""
    drawn = HKDF(SHA256(), 2 * KEY_BYTES, None, f"iap {what}".encode()).derive(secret.encode())
    return {f"secret-{drawn[KEY_BYTES : KEY_BYTES + 4].hex()}": drawn[:KEY_BYTES]}


def new_key(key_id: str) -> str:
    """Return a fresh key, written as the setting takes it."""
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"

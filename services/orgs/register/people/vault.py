"""Seals one person's fields with that person's key, and the keys with the master key."""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.problems import Unavailable

_NONCE = 12
KEY_BYTES = 32


@dataclass(frozen=True)
class WrappedKey:
    """A person's key as it is stored: closed by the master key with this id."""

    person_id: UUID
    key_id: str
    wrapped: bytes


class Vault:
    """All cryptography of the register's people; holds keys, knows no database."""

    def __init__(self, master_keys: dict[str, str], index_key: str) -> None:
        self._masters = {name: AESGCM(base64.b64decode(key)) for name, key in master_keys.items()}
        self._current = next(iter(master_keys))
        self._index_key = base64.b64decode(index_key)

    def new_key(self) -> bytes:
        return os.urandom(KEY_BYTES)

    def wrap(self, person_id: UUID, key: bytes) -> WrappedKey:
        closed = _close(self._masters[self._current], key, f"person_keys/wrapped/{person_id}")
        return WrappedKey(person_id, self._current, closed)

    def unwrap(self, stored: WrappedKey) -> bytes:
        """Errors: 503 when the master key is not here or the key was changed."""
        master = self._masters.get(stored.key_id)
        if master is None:
            raise _unreadable()
        return _open(master, stored.wrapped, f"person_keys/wrapped/{stored.person_id}")

    def is_current(self, stored: WrappedKey) -> bool:
        return stored.key_id == self._current

    def seal(self, key: bytes, person_id: UUID, field: str, plain: str) -> bytes:
        """Bound to table, column and row: a value copied to another row does not open."""
        return _close(AESGCM(key), plain.encode(), f"people/{field}/{person_id}")

    def open(self, key: bytes, person_id: UUID, field: str, sealed: bytes) -> str:
        return _open(AESGCM(key), sealed, f"people/{field}/{person_id}").decode()

    def index(self, field: str, normalised: str) -> bytes:
        """The blind index: equal values meet, nothing can be read from it without the key."""
        return hmac.new(self._index_key, f"{field}|{normalised}".encode(), hashlib.sha256).digest()


def _close(cipher: AESGCM, plain: bytes, place: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + cipher.encrypt(nonce, plain, place.encode())


def _open(cipher: AESGCM, sealed: bytes, place: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except InvalidTag:
        raise _unreadable() from None


def _unreadable() -> Unavailable:
    return Unavailable("sealed-unreadable", "加密内容无法解读，请联系系统管理员核对密钥。")

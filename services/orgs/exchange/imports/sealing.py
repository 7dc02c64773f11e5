"""Uploaded files at rest: closed with a key of their own, derived from the master key."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.problems import Unavailable

_NONCE = 12
_PURPOSE = b"dangjian imports"


class FileSealer:
    """AES-GCM; what is written names its master key, so that older files open after a rotation."""

    def __init__(self, master_keys: dict[str, str]) -> None:
        self._masters = {name: base64.b64decode(key) for name, key in master_keys.items()}
        self._current = next(iter(self._masters))

    def close(self, plain: bytes, place: str) -> bytes:
        """`place` names table, column and row: a file moved to another row does not open."""
        name, nonce = self._current.encode(), os.urandom(_NONCE)
        closed = self._cipher(self._current).encrypt(nonce, plain, place.encode())
        return bytes([len(name)]) + name + nonce + closed

    def open(self, sealed: bytes, place: str) -> bytes:
        """Error: 503 file-unreadable."""
        end = 1 + sealed[0]
        name, nonce, closed = sealed[1:end], sealed[end : end + _NONCE], sealed[end + _NONCE :]
        try:
            return self._cipher(name.decode()).decrypt(nonce, closed, place.encode())
        except (InvalidTag, KeyError) as error:
            raise Unavailable(
                "file-unreadable", "文件无法解密，请联系系统管理员核对密钥。"
            ) from error

    def _cipher(self, name: str) -> AESGCM:
        kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
        return AESGCM(kdf.derive(self._masters[name]))

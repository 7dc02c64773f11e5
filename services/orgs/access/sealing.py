"""Keys of this group, derived from the register's master keys, and values closed with them."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.problems import Unavailable

_NONCE = 12


class Sealer:
    """Closes small secrets with AES-GCM; what an older master key closed stays readable."""

    def __init__(self, master_keys: dict[str, str]) -> None:
        self._masters = {name: base64.b64decode(key) for name, key in master_keys.items()}
        self._current = next(iter(self._masters))

    def key(self, purpose: str) -> bytes:
        """A key of its own for one purpose, from the current master key."""
        return self._derive(self._current, purpose)

    def close(self, value: str, *, purpose: str, owner: str) -> str:
        nonce = os.urandom(_NONCE)
        closed = AESGCM(self.key(purpose)).encrypt(nonce, value.encode(), owner.encode())
        return f"{self._current}:{base64.b64encode(nonce + closed).decode()}"

    def open(self, sealed: str, *, purpose: str, owner: str) -> str:
        """Error: 503 when the master key it was closed with is no longer configured."""
        name, _, text = sealed.partition(":")
        raw = base64.b64decode(text)
        if name not in self._masters:
            raise Unavailable("key-missing", "缺少解密密钥，请联系系统管理员恢复密钥配置。")
        cipher = AESGCM(self._derive(name, purpose))
        try:
            return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], owner.encode()).decode()
        except InvalidTag as error:
            raise Unavailable("key-wrong", "密钥与数据不符，请联系系统管理员核对密钥。") from error

    def _derive(self, name: str, purpose: str) -> bytes:
        kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"dangjian {purpose}".encode())
        return kdf.derive(self._masters[name])

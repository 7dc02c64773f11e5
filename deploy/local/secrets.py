"""Every password and key of the embedded suite: made once, kept 0600."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROLES = (
    *(f"{service}_{kind}" for service in ("orgs", "workflows", "notifications")
      for kind in ("owner", "app")),
    "keys_owner",
    "keys_app",
)  # fmt: skip
KEYRINGS = ("payload-keys", "master-keys")
MACHINE_CLIENTS = ("workflows", "notifications")


class Secrets:
    """The folder of generated secrets; reading one that does not exist makes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def password(self, name: str) -> str:
        """A password of a database role, a machine client or the superuser."""
        return self._kept(f"{name}.password", lambda: secrets.token_urlsafe(24))

    def keyring(self, name: str) -> str:
        """JSON {"<key id>": "<base64 32 bytes>"}; the first is the current one."""
        return self._kept(f"{name}.json", lambda: json.dumps({"k1": _random_key()}))

    def key(self, name: str) -> str:
        """One key, base64 of 32 bytes."""
        return self._kept(f"{name}.key", _random_key)

    def signing_key_file(self) -> Path:
        """The issuer's private key, PEM."""
        self._kept("signing-key.pem", _private_key)
        return self.folder / "signing-key.pem"

    def service_clients(self) -> str:
        """JSON of the machine identities that the issuer knows from the start."""
        return json.dumps({name: self.password(f"client-{name}") for name in MACHINE_CLIENTS})

    def rotate(self, keyring: str) -> str:
        """Put a new key in front of a keyring; what the older ones closed stays readable."""
        keys: dict[str, str] = json.loads(self.keyring(keyring))
        number = max(int(key_id.removeprefix("k")) for key_id in keys) + 1
        fresh = {f"k{number}": _random_key(), **keys}
        target = self.folder / f"{keyring}.json"
        self._write(target.with_suffix(".new"), json.dumps(fresh)).replace(target)
        return f"k{number}"

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        target = self.folder / name
        if not target.exists():
            self._create(target, make())
        return target.read_text()

    def _create(self, target: Path, text: str) -> None:
        """Link a complete file into place, so that two processes agree on the first one."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = self._write(target.with_name(f"{target.name}.{os.getpid()}"), text)
        try:
            target.hardlink_to(written)
        except FileExistsError:
            return
        finally:
            written.unlink()

    @staticmethod
    def _write(path: Path, text: str) -> Path:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)
        return path


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _private_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )

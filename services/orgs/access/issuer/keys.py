"""The issuer's keys: the first signs, the others still verify what they signed before."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm

from shared.auth import Verifier
from shared.ids import new_id

ALGORITHM = "ES256"
ACCESS_LASTS = timedelta(minutes=5)
_PEM = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
)


class KeyRing:
    """Private keys from one PEM file; to rotate, put a new key in front and restart."""

    def __init__(self, keys: list[ec.EllipticCurvePrivateKey], *, issuer: str) -> None:
        self.issuer = issuer
        self._keys = {_thumbprint(key): key for key in keys}
        self._current = _thumbprint(keys[0])
        self._public = jwt.PyJWKSet.from_dict(self.jwks())

    @classmethod
    def load(cls, path: str, *, issuer: str) -> "KeyRing":
        keys: list[ec.EllipticCurvePrivateKey] = []
        for block in _PEM.findall(Path(path).read_bytes()):
            key = load_pem_private_key(block, password=None)
            if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
                raise ValueError("the issuer signs with P-256 keys only")
            keys.append(key)
        if not keys:
            raise ValueError("the signing key file holds no private key")
        return cls(keys, issuer=issuer)

    def jwks(self) -> dict[str, Any]:
        return {
            "keys": [
                _public(key) | {"kid": kid, "use": "sig", "alg": ALGORITHM}
                for kid, key in self._keys.items()
            ]
        }

    def public(self, kid: str) -> jwt.PyJWK | None:
        return next((key for key in self._public.keys if key.key_id == kid), None)

    def sign(self, audience: str, subject: str, *, typ: str = "at+jwt", **claims: Any) -> str:
        """A token of five minutes; claims that are None are left out."""
        # Verifiers compare with the real clock, which a rehearsal does not move.
        issued = datetime.now(UTC)  # noqa: TID251
        body = {
            "iss": self.issuer,
            "sub": subject,
            "aud": audience,
            "iat": issued,
            "exp": issued + ACCESS_LASTS,
            "jti": str(new_id()),
        }
        body |= {name: value for name, value in claims.items() if value is not None}
        key = self._keys[self._current]
        return jwt.encode(body, key, ALGORITHM, headers={"kid": self._current, "typ": typ})

    def hint(self, token: str) -> dict[str, Any] | None:
        """Claims of an id_token of ours, expired or not; None when it is not ours."""
        try:
            key = self.public(str(jwt.get_unverified_header(token).get("kid", "")))
            if key is None:
                return None
            options: Any = {"verify_exp": False, "verify_aud": False}
            return jwt.decode(
                token, key, algorithms=[ALGORITHM], issuer=self.issuer, options=options
            )
        except jwt.PyJWTError:
            return None


class LocalVerifier(Verifier):
    """The issuer checks its own tokens against its own keys, without asking itself over HTTP."""

    def __init__(self, keys: KeyRing, *, audience: str) -> None:
        super().__init__(issuer=keys.issuer, audience=audience)
        self._ring = keys

    async def _fetch(self) -> None:
        keys = [self._ring.public(kid["kid"]) for kid in self._ring.jwks()["keys"]]
        self._keys = {str(key.key_id): key for key in keys if key is not None}


def _public(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    return json.loads(ECAlgorithm.to_jwk(key.public_key()))


def _thumbprint(key: ec.EllipticCurvePrivateKey) -> str:
    """RFC 7638."""
    named = {
        name: value for name, value in _public(key).items() if name in ("crv", "kty", "x", "y")
    }
    body = json.dumps(named, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")

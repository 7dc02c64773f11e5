"""Who is calling: bearer tokens checked against the issuer's published keys."""

import asyncio
import time
from typing import Any

import httpx
import jwt
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from shared import clock
from shared.problems import Unauthenticated, Unavailable

ALGORITHMS = ["ES256", "RS256", "EdDSA"]
_REFETCH_SECONDS = 10.0
_REMEMBERED = 2000
_RELOGIN = "登录已失效，请重新登录。"


class Principal(BaseModel):
    """The bearer of a token. Grants are never in a token: they are read from the database."""

    model_config = ConfigDict(frozen=True)

    account_id: str
    """Account (person), client (machine) or service name."""
    kind: str
    """person, machine or service."""
    person_id: str | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def is_service(self) -> bool:
        return self.kind == "service"


class Verifier:
    """Checks signature, issuer, audience and expiry; fetches unknown keys at most every 10 s."""

    def __init__(
        self, *, issuer: str, audience: str, http: httpx.AsyncClient | None = None
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._http = http or httpx.AsyncClient(timeout=5)
        self._keys: dict[str, Any] = {}
        self._seen: dict[str, tuple[Principal, float]] = {}
        self._fetched_at = -_REFETCH_SECONDS
        self._fetching = asyncio.Lock()

    async def close(self) -> None:
        await self._http.aclose()

    async def principal(self, token: str) -> Principal:
        """Checked once, then remembered until the token ends."""
        known = self._seen.get(token)
        if known and known[1] > clock.now().timestamp():
            return known[0]
        found, ends = await self._checked(token)
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[token] = (found, ends)
        return found

    async def _checked(self, token: str) -> tuple[Principal, float]:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(str(header.get("kid", "")))
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
                leeway=5,
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated("token-invalid", _RELOGIN) from error
        principal = Principal(
            account_id=claims["sub"],
            kind=claims.get("kind", "person"),
            person_id=claims.get("person"),
            scopes=frozenset(str(claims.get("scope", "")).split()),
        )
        return principal, float(claims["exp"])

    async def _key(self, kid: str) -> Any:
        """Requests that come while the keys are being fetched wait for them."""
        if kid not in self._keys:
            async with self._fetching:
                stale = time.monotonic() - self._fetched_at >= _REFETCH_SECONDS
                if kid not in self._keys and stale:
                    await self._fetch()
        if kid not in self._keys:
            raise Unauthenticated("token-invalid", _RELOGIN)
        return self._keys[kid]

    async def _fetch(self) -> None:
        self._fetched_at = time.monotonic()
        try:
            response = await self._http.get(f"{self._issuer}/.well-known/jwks.json")
            response.raise_for_status()
        except httpx.HTTPError as error:
            self._fetched_at = -_REFETCH_SECONDS
            raise Unavailable(
                "issuer-away", "暂时无法核验登录，请稍后重试。", retry_after=5
            ) from error
        found = jwt.PyJWKSet.from_dict(response.json())
        self._keys = {str(jwk.key_id): jwk for jwk in found.keys}


def bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("token-missing", "请先登录。")
    return token

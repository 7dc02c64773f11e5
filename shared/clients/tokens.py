"""A service's own token: fetched with its client credentials, renewed before it ends."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator

import httpx

from shared.problems import Unavailable

RENEW_BEFORE_SECONDS = 30.0
_AWAY = "暂时无法取得系统内部凭证，请稍后重试。"


class ClientCredentials(httpx.Auth):
    """Authenticates an httpx.AsyncClient; share one per process.

    Many requests that need a token at once cause one fetch. A 401 causes one more try with a
    fresh token: the key may have been rotated. Error: 503 when the issuer gives none.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        secret: str,
        scope: str = "",
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._endpoint = f"{issuer.rstrip('/')}/oauth2/token"
        self._client_id = client_id
        self._secret = secret
        self._scope = scope
        self._http = http or httpx.AsyncClient(timeout=5)
        self._token = ""
        self._renew_at = 0.0
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        await self._http.aclose()

    async def token(self, *, instead_of: str | None = None) -> str:
        """A valid token; never the one that was just refused."""
        if self._good(instead_of):
            return self._token
        async with self._lock:
            if not self._good(instead_of):
                await self._fetch()
        return self._token

    def sync_auth_flow(
        self,
        request: httpx.Request,  # noqa: ARG002
    ) -> Generator[httpx.Request, httpx.Response, None]:
        raise RuntimeError("use an httpx.AsyncClient")

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self.token()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            fresh = await self.token(instead_of=token)
            request.headers["Authorization"] = f"Bearer {fresh}"
            yield request

    def _good(self, instead_of: str | None) -> bool:
        usable = bool(self._token) and time.monotonic() < self._renew_at
        return usable and self._token != instead_of

    async def _fetch(self) -> None:
        form = {"grant_type": "client_credentials"} | (
            {"scope": self._scope} if self._scope else {}
        )
        try:
            response = await self._http.post(
                self._endpoint, data=form, auth=httpx.BasicAuth(self._client_id, self._secret)
            )
            response.raise_for_status()
            answer = response.json()
            self._token = str(answer["access_token"])
            lasts = float(answer["expires_in"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise Unavailable("issuer-away", _AWAY, retry_after=5) from error
        self._renew_at = time.monotonic() + max(0.0, lasts - RENEW_BEFORE_SECONDS)

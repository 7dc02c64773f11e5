"""A person or a portal that uses the public REST API: logs in by itself, repeats safely."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.local.addresses import Addresses
from deploy.local.login import log_in
from shared.ids import new_id

AWAY = frozenset({502, 503, 504})
TRIES, PAUSE_SECONDS = 60, 0.5
TIMEOUT = httpx.Timeout(30, connect=5)


class Refused(Exception):
    """An answer of 400 or more; `code` is that of problem+json, of its first field if any."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


@dataclass
class Caller:
    """One identity. Subclasses say how it gets its token."""

    at: Addresses
    http: httpx.AsyncClient = field(repr=False)
    _token: str = field(default="", repr=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def fresh_token(self) -> str:
        raise NotImplementedError

    async def get(self, service: str, path: str, **params: Any) -> Any:
        return (await self.ask(service, "GET", path, params=params)).json()

    async def post(
        self, service: str, path: str, body: Any = None, *, key: str | None = None
    ) -> Any:
        """Every write carries a key, so that it may be repeated. Error: Refused."""
        headers = {"Idempotency-Key": key or str(new_id())}
        answer = await self.ask(service, "POST", path, body=body, headers=headers)
        return answer.json() if answer.content else None

    async def ask(
        self, service: str, method: str, path: str, *, params: Mapping[str, Any] | None = None,
        body: Any = None, headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Waits while a service is away; logs in once more when the token has ended."""
        url = self.at.of(service) + path
        for turn in range(TRIES):
            token = await self.token()
            try:
                answer = await self.http.request(
                    method, url, params=params, json=body,
                    headers={**(headers or {}), "Authorization": f"Bearer {token}"},
                )  # fmt: skip
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if answer.status_code == 401 and turn == 0:
                await self.token(instead_of=token)
            elif answer.status_code in AWAY:
                await asyncio.sleep(PAUSE_SECONDS)
            elif answer.status_code >= 400:
                raise _refusal(answer)
            else:
                return answer
        raise Refused(503, "away", f"{service} did not answer")

    async def token(self, *, instead_of: str | None = None) -> str:
        async with self._lock:
            if not self._token or self._token == instead_of:
                self._token = await self.fresh_token()
        return self._token


@dataclass
class Person(Caller):
    """Logs in by the code flow."""

    login: str = ""
    password: str = field(default="", repr=False)
    new_password: str | None = field(default=None, repr=False)
    """Given where a one-time password must be changed at the first login."""

    async def fresh_token(self) -> str:
        tokens = await log_in(
            self.at.orgs, self.login, self.password, new_password=self.new_password
        )
        if self.new_password:
            self.password, self.new_password = self.new_password, None
        return tokens.access_token


@dataclass
class Portal(Caller):
    """A machine client with its own scope."""

    client_id: str = ""
    secret: str = field(default="", repr=False)

    async def fresh_token(self) -> str:
        answer = await self.http.post(
            f"{self.at.orgs}/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=httpx.BasicAuth(self.client_id, self.secret),
        )
        if answer.status_code != 200:
            raise Refused(answer.status_code, "no-token", "the issuer refused the client")
        return str(answer.json()["access_token"])


def opened() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=TIMEOUT)


def _refusal(answer: httpx.Response) -> Refused:
    try:
        problem: Any = answer.json()
        first: Any = (problem.get("errors") or [problem])[0]
        code, detail = str(first["code"]), str(first.get("detail", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        code, detail = "unreadable", ""
    return Refused(answer.status_code, code, detail)

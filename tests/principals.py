"""Callers for API tests: a verifier that knows its tokens by heart, and grants without accounts."""

from collections.abc import Iterable
from uuid import UUID

from fastapi import FastAPI
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.access import Grant, Role
from shared.auth import Principal
from shared.ids import new_id
from shared.problems import Unauthenticated


class FakeVerifier:
    """Stands in for shared.auth.Verifier: token → principal, grants beside it."""

    def __init__(self) -> None:
        self._principals: dict[str, Principal] = {}
        self._grants: dict[str, tuple[Grant, ...]] = {}

    def install(self, app: FastAPI) -> "FakeVerifier":
        """Before the app starts: it keeps a verifier that is already there."""
        app.state.verifier = self
        app.state.load_grants = self.load_grants
        return self

    def person(
        self, *grants: Grant, person_id: UUID | None = None, name: str = ""
    ) -> dict[str, str]:
        """Headers of a person with these grants."""
        account = name or str(new_id())
        person = str(person_id) if person_id else None
        return self._knows(Principal(account_id=account, kind="person", person_id=person), grants)

    def service(self, name: str = "workflows") -> dict[str, str]:
        """Headers of one of the suite's own services."""
        return self._knows(Principal(account_id=name, kind="service"), ())

    def machine(self, *grants: Grant, scopes: Iterable[str] = ()) -> dict[str, str]:
        """Headers of a portal's client with its scopes."""
        return self._knows(
            Principal(account_id=str(new_id()), kind="machine", scopes=frozenset(scopes)), grants
        )

    def _knows(self, principal: Principal, grants: tuple[Grant, ...]) -> dict[str, str]:
        token = f"test-{principal.account_id}"
        self._principals[token] = principal
        self._grants[principal.account_id] = grants
        return {"Authorization": f"Bearer {token}"}

    async def principal(self, token: str) -> Principal:
        if token not in self._principals:
            raise Unauthenticated("token-invalid", "登录已失效，请重新登录。")
        return self._principals[token]

    async def load_grants(self, _: AsyncSession, principal: Principal) -> tuple[Grant, ...]:
        return self._grants[principal.account_id]

    async def close(self) -> None:
        """As the real one has it."""


def grant(role: Role, org_id: UUID, path: str) -> Grant:
    return Grant(role=role, org_id=org_id, path=path)


def keyed(headers: dict[str, str], key: str | None = None, **more: str) -> dict[str, str]:
    """The headers of a write: with an idempotency key, and If-Match and the like."""
    extra = {name.replace("_", "-"): value for name, value in more.items()}
    return headers | {"Idempotency-Key": key or str(new_id())} | extra

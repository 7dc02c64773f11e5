"""The register with its own issuer in one process, and accounts in a small tree."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr

from deploy.local.login import Tokens, log_in
from services.orgs.access.accounts import passwords
from services.orgs.access.bulk import LoadedAccount, load_accounts
from services.orgs.app import create_app
from services.orgs.settings import OrgsSettings
from shared.access import Role
from shared.ids import new_id
from tests.orgs.api import KEY, Tree, database, plant
from tests.principals import keyed

ISSUER = "http://127.0.0.1:8001"
PASSWORD = "correct-Horse-7"  # noqa: S105
CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1),))
PASSWORD_HASH = CHEAP.hash(PASSWORD)


def pem() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@dataclass
class House:
    """The running register, seen over HTTP."""

    app: FastAPI
    url: str
    http: AsyncClient
    tree: Tree
    settings: OrgsSettings
    logins: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def transport(self) -> ASGITransport:
        return ASGITransport(app=self.app)

    async def account(
        self, *grants: tuple[Role, UUID], home: UUID | None = None, person: UUID | None = None
    ) -> LoadedAccount:
        made = LoadedAccount(
            login=f"u{new_id().hex[-12:]}",
            name="示例账号",
            org_id=home or self.tree.county.id,
            grants=grants,
            person_id=person,
        )
        async with database(self.url) as session:
            await load_accounts(session, [made], password_hash=PASSWORD_HASH)
        return made

    async def log_in(
        self, account: LoadedAccount | str, password: str = PASSWORD, *, new: str | None = None
    ) -> Tokens:
        login = account if isinstance(account, str) else account.login
        return await log_in(ISSUER, login, password, new_password=new, transport=self.transport)

    async def caller(self, *grants: tuple[Role, UUID]) -> dict[str, str]:
        """Headers of a fresh account with these grants."""
        return (await self.log_in(await self.account(*grants))).headers

    async def post(self, path: str, headers: dict[str, str], **body: object) -> "Answer":
        response = await self.http.post(path, headers=keyed(headers), json=body)
        return Answer(response.status_code, response.json() if response.content else {})

    async def get(self, path: str, headers: dict[str, str], **params: str) -> "Answer":
        response = await self.http.get(path, headers=headers, params=params)
        return Answer(response.status_code, response.json())


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]

    @property
    def code(self) -> object:
        return self.body.get("code")

    def text(self, name: str) -> str:
        return str(self.body[name])


def settings_of(url: str, key_file: Path, *, demo: bool = True) -> OrgsSettings:
    return OrgsSettings(
        database_url=url,
        master_keys={"k1": KEY},
        index_key=SecretStr(KEY),
        audit_key=SecretStr(KEY),
        signing_key_file=str(key_file),
        service_clients={"workflows": "w-secret", "console": "c-secret"},
        issuer=ISSUER,
        demo=demo,
    )


@pytest.fixture
async def house(
    orgs_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[House]:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)
    key_file = tmp_path / "signing.pem"
    key_file.write_bytes(pem() + pem())
    settings = settings_of(orgs_database, key_file)
    app = create_app(settings)
    async with database(orgs_database) as session:
        tree = await plant(session)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app=app), base_url=ISSUER) as http,
    ):
        yield House(app, orgs_database, http, tree, settings)

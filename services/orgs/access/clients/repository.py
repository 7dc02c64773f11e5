"""Every query on clients."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access.clients.builtin import CODE, CREDENTIALS, REFRESH, Client
from services.orgs.access.clients.tables import ClientRow
from services.orgs.access.places import ORGANISATIONS, within
from shared.problems import NotFound

_JOINED = ORGANISATIONS.c.id == col(ClientRow.org_id)


class Clients:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, client_id: UUID) -> tuple[ClientRow, str]:
        """The locked client and the path of its organisation."""
        query = (
            select(ClientRow, ORGANISATIONS.c.path)
            .join(ORGANISATIONS, _JOINED)
            .where(col(ClientRow.id) == client_id)
            .with_for_update(of=ClientRow)
        )
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            raise NotFound("client-unknown", "没有找到该客户端，请刷新列表后重试。")
        return found[0], found[1]

    async def page(
        self, prefixes: tuple[str, ...], after: UUID | None, limit: int
    ) -> list[ClientRow]:
        conditions = [within(ORGANISATIONS.c.path, prefixes)]
        if after is not None:
            conditions.append(col(ClientRow.id) > after)
        query = (
            select(ClientRow)
            .join(ORGANISATIONS, _JOINED)
            .where(*conditions)
            .order_by(col(ClientRow.id))
            .limit(limit)
        )
        return list((await self._session.execute(query)).scalars())

    async def save(self, row: ClientRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def enabled(self, client_id: str) -> Client | None:
        """A registered client as the issuer sees it; None when unknown or disabled."""
        try:
            number = UUID(client_id)
        except ValueError:
            return None
        query = select(ClientRow).where(
            col(ClientRow.id) == number, col(ClientRow.disabled).is_(False)
        )
        row = (await self._session.execute(query)).scalar_one_or_none()
        return _as_client(row) if row else None


def _as_client(row: ClientRow) -> Client:
    may = {CODE, REFRESH} if row.redirect_uris else set[str]()
    if row.kind == "machine" and row.scopes:
        may.add(CREDENTIALS)
    return Client(
        id=str(row.id),
        name=row.name,
        kind=row.kind,
        secret_digest=row.secret_hash,
        scopes=tuple(row.scopes),
        redirect_uris=tuple(row.redirect_uris),
        grant_types=frozenset(may),
    )

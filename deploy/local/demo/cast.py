"""The people of the demonstration: eight accounts with one grant each, and a portal."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from deploy.local.addresses import Addresses
from deploy.local.caller import Caller, Person, Portal, Refused
from deploy.local.county.opening import PORTAL_SCOPES
from deploy.local.county.staff import OPERATOR, ORGANISER, PORTAL, SECURITY
from deploy.local.demo.stage import PROCESS, Actor, NotAsExpected
from shared import clock
from shared.ids import new_id

MOVERS = 13
"""Members that all scenes together take from one branch."""


@dataclass
class Cast:
    portal: Actor
    secretary: Actor
    deputy: Actor
    """A second Party worker of the same branch, whose account is made on the way."""
    clerk: Actor
    receiver: Actor
    """The clerk of the receiving committee."""
    host: Actor
    """The secretary of the receiving branch."""
    organiser: Actor
    operator: Actor
    security: Actor
    sibling_branch: UUID
    """Another branch of the sending committee."""
    root: UUID
    movers: list[UUID] = field(default_factory=list[UUID])

    def take(self, count: int = 1) -> list[UUID]:
        taken, self.movers = self.movers[:count], self.movers[count:]
        if len(taken) < count:
            raise NotAsExpected("支部中可转出的党员不够：make reset 后重新载入示例县")
        return taken

    @property
    def people(self) -> tuple[Actor, ...]:
        return (
            self.secretary, self.deputy, self.clerk, self.receiver, self.host, self.organiser,
            self.operator, self.security,
        )  # fmt: skip


class Casting:
    """Finds the people among the county's accounts; `slugs` are those of its committees."""

    def __init__(
        self, at: Addresses, http: httpx.AsyncClient, password: str, slugs: list[str]
    ) -> None:
        self.at = at
        self.http = http
        self.password = password
        self.slugs = slugs

    async def gather(self) -> Cast:
        security = await self.actor(SECURITY, "安全管理员")
        sender, secretary, sibling, movers = await self._sender()
        receiving = next(slug for slug in self.slugs if slug != sender)
        clerk = await self.actor(f"clerk.{sender}", "转出党委经办人")
        return Cast(
            portal=await self._portal(security),
            secretary=secretary,
            deputy=await self._deputy(security, secretary),
            clerk=clerk,
            receiver=await self.actor(f"clerk.{receiving}", "转入党委经办人"),
            host=await self.actor(f"secretary.{receiving}", "转入支部书记"),
            organiser=await self.actor(ORGANISER, "县级组织员"),
            operator=await self.actor(OPERATOR, "系统管理员"),
            security=security,
            sibling_branch=sibling,
            root=security.org_id,
            movers=movers,
        )

    async def actor(self, login: str, title: str) -> Actor:
        caller = Person(self.at, self.http, login=login, password=self.password)
        return await self._known(caller, title)

    async def _known(self, caller: Caller, title: str) -> Actor:
        me = await caller.get("orgs", "/v1/accounts/me")
        grant = me["grants"][0]
        return Actor(title, caller, UUID(grant["org_id"]), grant["org_name"], f" {me['name']}")

    async def _grants(self, caller: Caller) -> list[dict[str, Any]]:
        return (await caller.get("orgs", "/v1/accounts/me"))["grants"]

    async def _sender(self) -> tuple[str, Actor, UUID, list[UUID]]:
        """The first branch that has enough members who may leave, and another of its committee."""
        for slug in self.slugs:
            secretary = await self.actor(f"secretary.{slug}", "转出支部书记")
            sibling = await self._sibling(slug, secretary.org_id)
            movers = await self._movers(secretary, sibling) if sibling else []
            if sibling and len(movers) >= MOVERS:
                return slug, secretary, sibling, movers
        raise NotAsExpected("没有支部有足够的可转出党员：make reset 后重新载入示例县")

    async def _sibling(self, slug: str, branch: UUID) -> UUID | None:
        worker = await self.actor(f"worker.{slug}", "党务工作者")
        grants = await self._grants(worker.caller)
        others = [UUID(grant["org_id"]) for grant in grants if grant["org_id"] != str(branch)]
        return others[0] if others else None

    async def _movers(self, secretary: Actor, to: UUID) -> list[UUID]:
        """At rest, full, without a post, and free to leave: the process itself is asked."""
        page = await secretary.caller.get(
            "orgs", "/v1/members", org=secretary.org_id, state="active", standing="full", limit=200
        )
        found: list[UUID] = []
        for row in reversed(page["items"]):
            member = await secretary.caller.get("orgs", f"/v1/members/{row['id']}")
            posted = member["posts"] or member["open_discipline"]
            if not posted and await self._may_leave(secretary, row["id"], to):
                found.append(UUID(row["id"]))
            if len(found) >= MOVERS:
                break
        return found

    async def _may_leave(self, secretary: Actor, member: str, to: UUID) -> bool:
        request = {
            "member_ids": [member], "to_org_id": str(to), "ground": "changed_unit",
            "applied_on": clock.today().isoformat(),
        }  # fmt: skip
        try:
            await secretary.caller.post("workflows", f"/v1/processes/{PROCESS}/check", request)
        except Refused:
            return False
        return True

    async def _portal(self, security: Actor) -> Actor:
        """A portal's client with its own scope, registered for this walk."""
        wanted = {
            "org_id": str(security.org_id), "name": PORTAL, "kind": "machine",
            "scopes": PORTAL_SCOPES,
        }  # fmt: skip
        made = await security.caller.post("orgs", "/v1/clients", wanted)
        caller = Portal(self.at, self.http, client_id=made["id"], secret=made["secret"])
        return Actor(PORTAL, caller, security.org_id, security.org_name)

    async def _deputy(self, security: Actor, secretary: Actor) -> Actor:
        """A new account with one grant; its one-time password is changed at the first login."""
        login = f"demo.{new_id().hex[-8:]}"
        account = await security.caller.post(
            "orgs", "/v1/accounts",
            {"org_id": str(secretary.org_id), "login": login, "name": "示例党务工作者"},
        )  # fmt: skip
        await security.caller.post(
            "orgs", "/v1/grants",
            {"account_id": account["id"], "role": "secretary", "org_id": str(secretary.org_id)},
        )  # fmt: skip
        caller = Person(
            self.at, self.http, login=login, password=account["initial_password"],
            new_password=self.password,
        )  # fmt: skip
        return await self._known(caller, "支部党务工作者（新账号）")

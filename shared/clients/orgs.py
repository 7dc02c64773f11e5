"""Typed client of the register."""

from datetime import date
from typing import Any
from uuid import UUID

from shared.clients.http import Client
from shared.contracts.changes import ChangePage
from shared.contracts.register import (
    DueDate,
    Letter,
    LetterIssue,
    MemberFacts,
    OrganisationFacts,
    RuleSet,
)
from shared.pages import Page
from shared.problems import NotFound


class OrgsClient(Client):
    async def member_facts(self, member_id: UUID) -> MemberFacts:
        return await self._model(MemberFacts, "GET", f"/v1/members/{member_id}/facts")

    async def organisation_facts(self, org_id: UUID) -> OrganisationFacts:
        return await self._model(OrganisationFacts, "GET", f"/v1/organisations/{org_id}/facts")

    async def common_superior(self, one: UUID, other: UUID) -> OrganisationFacts | None:
        """The nearest organisation above both; None when they share none in this register."""
        path = f"/v1/organisations/{one}/common-superior/{other}"
        try:
            return await self._model(OrganisationFacts, "GET", path)
        except NotFound:
            return None

    async def member_effect(
        self, member_id: UUID, effect: str, body: dict[str, Any], *, key: str
    ) -> None:
        await self._call("POST", f"/v1/members/{member_id}/{effect}", body=body, key=key)

    async def issue_letter(self, body: LetterIssue, *, key: str) -> Letter:
        return await self._model(Letter, "POST", "/v1/letters", body=body, key=key)

    async def letter_effect(
        self, letter_id: UUID, effect: str, body: dict[str, Any], *, key: str
    ) -> None:
        await self._call("POST", f"/v1/letters/{letter_id}/{effect}", body=body, key=key)

    async def rules(self, organisation: UUID, *, prefix: str) -> RuleSet:
        params = {"organisation": str(organisation), "prefix": prefix}
        return await self._model(RuleSet, "GET", "/v1/rulebook/values", params=params)

    async def due(self, rule: str, *, before: date, after: str | None) -> Page[DueDate]:
        """Open dates of one rule up to and with `before`, oldest first."""
        params = {"rule": rule, "before": before.isoformat()} | ({"after": after} if after else {})
        return await self._model(Page[DueDate], "GET", "/v1/due", params=params)

    async def changes(self, after: str, *, limit: int = 500) -> ChangePage:
        params = {"after": after, "limit": limit}
        return await self._model(ChangePage, "GET", "/v1/changes", params=params)

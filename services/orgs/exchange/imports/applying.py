"""Writes a checked workbook in one transaction: all of it or nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.changes.repository import publish_many
from services.orgs.exchange.imports.checks.plans import Planned, Verdict
from services.orgs.exchange.imports.columns import Kind
from services.orgs.register import bulk
from services.orgs.register.enterprises import repository as enterprises
from services.orgs.register.members import effects as members
from services.orgs.register.organisations import writing as organisations
from services.orgs.register.people import repository as people
from services.orgs.register.people import sealing
from services.orgs.register.people.keystore import Keystore
from shared.contracts.changes import ChangeKind
from shared.contracts.enterprises import EnterpriseCopy, OperatingStatus
from shared.contracts.members import MemberCopy
from shared.contracts.register import MemberState, OrganisationKind, Standing
from shared.ids import new_id

AT_ONCE = 500
"""Sealing and readings of names take the processor: in between, others get their answer."""
ENTERPRISE = ("credit_code", "name", "status_on", "staff_count", "above_scale", "park", "market",
              "building", "union_since", "league_since")  # fmt: skip
MEMBER = ("joined_on", "full_on", "probation_ends_on", "dues_paid_to")


@dataclass
class Writer:
    """One workbook being written; refused rows are passed over.

    The session's scope is the office's own subtree: row security holds what the checks meant.
    """

    session: AsyncSession
    keystore: Keystore
    today: date
    progress: Callable[[int], Awaitable[None]]
    """Told how many rows are written so far."""
    founded: dict[str, UUID] = field(default_factory=dict[str, UUID])
    paths: dict[UUID, str] = field(default_factory=dict[UUID, str])
    """Where the organisations of the workbook's members stand."""

    async def write(self, plans: Sequence[Planned], paths: Mapping[UUID, str]) -> dict[int, UUID]:
        """Position of a row → the record that it created. `paths`: the office's organisations."""
        self.paths |= paths
        made: dict[int, UUID] = {}
        for kind, create in (
            (Kind.ORGANISATIONS, self._found),
            (Kind.ENTERPRISES, self._enter_enterprises),
            (Kind.MEMBERS, self._enter_members),
        ):
            new = [
                (at, plan)
                for at, plan in enumerate(plans)
                if plan.kind is kind and plan.verdict is Verdict.CREATE
            ]
            size = len(new) or 1 if kind is Kind.ORGANISATIONS else AT_ONCE
            for start in range(0, len(new), size):
                part = new[start : start + size]
                ids = await create([plan.values for _, plan in part])
                made |= {at: made_id for (at, _), made_id in zip(part, ids, strict=True)}
                await self.progress(len(made))
        for plan in plans:
            if plan.verdict is Verdict.CORRECT:
                await self._correct(plan)
        return made

    async def _found(self, rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
        """All at once: the numbering of a superior's paths is counted in one go."""
        self.founded |= {row["code"]: new_id() for row in rows}
        loaded = [
            bulk.LoadedOrganisation(
                id=self.founded[row["code"]],
                code=row["code"],
                name=row["name"],
                kind=OrganisationKind(row["kind"]),
                parent_id=row["parent_id"] or self.founded[row["parent_code"]],
                since=row.get("founded_on") or self.today,
                phone=row.get("phone"),
                founded_on=row.get("founded_on"),
            )
            for row in rows
        ]
        self.paths |= await bulk.load_organisations(self.session, loaded)
        return [one.id for one in loaded]

    async def _enter_enterprises(self, rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
        loaded = [
            bulk.LoadedEnterprise(
                org_id=self._keeper(row),
                operating_status=OperatingStatus(row["operating_status"]),
                **{name: row[name] for name in ENTERPRISE if name in row},
            )
            for row in rows
        ]
        await bulk.load_enterprises(self.session, loaded)
        names = EnterpriseCopy.model_fields
        told = [(e.id, EnterpriseCopy(**{n: getattr(e, n) for n in names})) for e in loaded]
        await publish_many(self.session, ChangeKind.ENTERPRISE, told)
        return [one.id for one in loaded]

    async def _enter_members(self, rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
        persons = [row["person_id"] or new_id() for row in rows]
        await self._enter_people(rows, persons)
        loaded = [
            bulk.LoadedMember(
                person_id=person,
                org_id=self._keeper(row),
                standing=Standing(row["standing"]),
                since=row["joined_on"],
                **{name: row[name] for name in MEMBER if name in row},
            )
            for row, person in zip(rows, persons, strict=True)
        ]
        await bulk.load_members(self.session, loaded)
        await publish_many(
            self.session, ChangeKind.MEMBER, [(one.id, self._copy(one)) for one in loaded]
        )
        return [one.id for one in loaded]

    async def _enter_people(
        self, rows: Sequence[Mapping[str, Any]], persons: Sequence[UUID]
    ) -> None:
        """New ones with their keys; a known one's record is kept where they are a member."""
        new: list[bulk.LoadedPerson] = []
        for row, person in zip(rows, persons, strict=True):
            home = self._keeper(row)
            if row["person_id"] is not None:
                await people.rehome(self.session, person, home, self.paths[home])
                continue
            typed = sealing.Typed(row["name"], row["id_number"], row.get("phone"))
            new.append(bulk.LoadedPerson(typed, home, person))
        if new:
            await bulk.load_people(self.session, self.keystore, new)

    async def _correct(self, plan: Planned) -> None:
        values, found = dict(plan.values), plan.object_id
        if found is None or plan.existing is None:
            return
        if plan.kind is Kind.ORGANISATIONS:
            await organisations.correct(self.session, found, values)
        elif plan.kind is Kind.ENTERPRISES:
            await self._change_enterprise(found, values)
        else:
            await self._correct_member(found, plan.existing["person_id"], values)

    async def _change_enterprise(self, found: UUID, values: dict[str, Any]) -> None:
        if "org_id" in values:
            keeper = self._keeper(values)
            values |= {"org_id": keeper, "org_path": self.paths[keeper]}
            values.pop("org_code", None)
        await enterprises.change(self.session, found, values)

    async def _correct_member(self, found: UUID, person: UUID, values: dict[str, Any]) -> None:
        phone = values.pop("phone", None)
        if values:
            await members.correct(self.session, found, values)
        if phone is not None:
            key = await self.keystore.key(person)
            columns = sealing.phone_columns(self.keystore.vault, key, person, phone)
            await people.correct(self.session, person, columns)

    def _keeper(self, row: Mapping[str, Any]) -> UUID:
        """A known organisation, or the one that this workbook has just founded."""
        return row["org_id"] or self.founded[row["org_code"]]

    def _copy(self, one: bulk.LoadedMember) -> MemberCopy:
        return MemberCopy(
            id=one.id,
            person_id=one.person_id,
            org_id=one.org_id,
            org_path=self.paths[one.org_id],
            state=MemberState.ACTIVE,
            standing=one.standing,
        )

"""The invariants, read from the three databases after a fault; the answer is what is violated."""

import asyncio
from collections.abc import Sequence
from typing import Any

from deploy.local.suite import Suite
from tests.faults.carrier import Ack
from tests.superuser import fetched

QUIET_SECONDS = 60
_WAITING = """
select (select count(*) from workflows.commands where state = 'recorded')
     + (select count(*) from workflows.notices)
     + (select count(*) from workflows.cases where state = 'recorded')
"""
_TIME_PASSES = """
update workflows.notices set leased_until = '-infinity';
update notifications.deliveries set next_attempt_at = now() where state = 'pending'
"""
"""Pauses between tries are over: a test need not wait for them."""

INVARIANTS: dict[str, str] = {
    "I1 a command that was applied stands once in the timeline": """
        select k.id from workflows.commands k left join workflows.timeline e
          on e.command_id = k.id and e.kind in ('started', 'decided', 'interrupted', 'retried')
        where k.state = 'applied' group by k.id having count(e.seq) <> 1""",
    "I1 a refused command stands nowhere": """
        select k.id from workflows.commands k join workflows.timeline e on e.command_id = k.id
        where k.state = 'refused'""",
    "I1 a case moves each member once": """
        select case_id from orgs.memberships where case_id is not null
        group by case_id, member_id having count(*) <> 1""",
    "I1 a case starts one transit of each member": """
        select case_id from orgs.transits group by case_id, member_id having count(*) <> 1""",
    "I1 a case has one letter that is not void": """
        select case_id from orgs.letters where state <> 'void'
        group by case_id having count(*) <> 1""",
    "I1 no serial is missing from its book": """
        select b.org_id from orgs.letter_books b
        left join orgs.letters l on l.from_org_id = b.org_id
          and extract(year from l.issued_on) = b.year
        group by b.org_id, b.year, b.next_number having b.next_number <> count(l.id) + 1""",
    "I2 one active membership of each person": """
        select m.id from orgs.members m left join orgs.memberships s
          on s.member_id = m.id and s.valid_to is null
        where m.state in ('active', 'in_transit') group by m.id having count(s.id) <> 1""",
    "I2 the membership is where the member is": """
        select m.id from orgs.members m join orgs.memberships s
          on s.member_id = m.id and s.valid_to is null
        where s.org_id <> m.org_id or s.org_path <> m.org_path""",
    "I2 one open case of each subject": """
        select subject_id from workflows.claims where released_at is null
        group by subject_id, process having count(*) > 1""",
    "I2 an open case holds its claims, an ended one none": """
        select c.id from workflows.cases c join workflows.claims k on k.case_id = c.id
        where (c.state = 'ended') <> (k.released_at is not null)""",
    "I3 everything lies below its superior": """
        select o.id from orgs.organisations o join orgs.organisations p on p.id = o.parent_id
        where not starts_with(o.path, p.path) or o.path = p.path""",
    "I4 the timeline has no gap and no double": """
        select case_id from workflows.timeline group by case_id
        having min(seq) <> 1 or max(seq) <> count(*)""",
    "I4 an ended case ends its timeline with its outcome, and only an ended one": """
        select c.id from workflows.cases c left join lateral (
          select kind, title from workflows.timeline where case_id = c.id
          order by seq desc limit 1) last on true
        where c.state <> 'recorded' and ((c.state = 'ended') <> (last.kind = 'ended')
          or (c.state = 'ended' and last.title <> c.outcome))""",
    "I4 a case in attention says so last": """
        select c.id from workflows.cases c where (c.state = 'attention') <> coalesce((
          select kind = 'attention' from workflows.timeline where case_id = c.id
            and kind in ('attention', 'retried', 'terminated', 'ended', 'asked')
          order by seq desc limit 1), false)""",
    "I4 tasks are those that the timeline asked": """
        select coalesce(t.case_id, e.case_id) from workflows.tasks t full join (
          select case_id, task_id, seq from workflows.timeline where kind = 'asked') e
          on e.task_id = t.id and e.seq = t.opened_seq
        where t.id is null or e.task_id is null""",
    "I4 a task is answered as the timeline decided": """
        select t.id from workflows.tasks t left join workflows.timeline e
          on e.task_id = t.id and e.kind = 'decided'
        group by t.id, t.state, t.choice
        having (t.state = 'answered') <> (count(e.seq) = 1) or count(e.seq) > 1
          or bool_or(e.choice <> t.choice)""",
    "I4 whom the timeline moved, the register has there": """
        select c.id from workflows.cases c join workflows.claims k on k.case_id = c.id
        join orgs.members m on m.id = k.subject_id
        left join orgs.memberships s on s.case_id = c.id and s.member_id = m.id
        where exists (select 1 from workflows.timeline e where e.case_id = c.id
          and e.kind = 'moved') <> (s.id is not null)""",
    "I4 the letter of the timeline is the letter of the register": """
        select e.case_id from (select case_id, data->>'serial' as serial from workflows.timeline
          where kind = 'letter-issued') e
        full join orgs.letters l on l.case_id = e.case_id and l.serial = e.serial
        where l.id is null or e.serial is null""",
    "I4 who is in transit has an open case that knows it": """
        select m.id from orgs.members m left join orgs.transits t
          on t.member_id = m.id and t.ended_on is null
        left join workflows.cases c on c.id = t.case_id and c.state <> 'ended'
        where (m.state = 'in_transit') <> (c.id is not null)""",
    "I5 each task is told once to each of those whose turn it is": """
        select t.id from workflows.tasks t join workflows.copy_grants g
          on g.org_id = t.org_id and g.role = t.role
        left join notifications.messages m
          on m.account_id = g.account_id and m.dedupe_key = 'task-opened:' || t.id
        where not t.optional group by t.id, g.account_id having count(m.id) <> 1""",
    "I5 each message goes out once on a channel": """
        select message_id from notifications.deliveries
        group by message_id, channel having count(*) > 1""",
    "I6 every open case has an open task or calls for attention": """
        select c.id from workflows.cases c where c.state <> 'ended' and c.state <> 'attention'
        and c.unreachable_since is null and not exists (select 1 from workflows.tasks t
          where t.case_id = c.id and t.state = 'open' and not t.optional)""",
}


class Oracle:
    """Looks from outside, as the superuser, at what all services wrote."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        return await fetched(self._suite.server, self._suite.databases.main, sql, *values)

    async def quiet(self) -> None:
        """Wait until everything recorded is on its way no longer."""
        async with asyncio.timeout(QUIET_SECONDS):
            while (await self.rows(_WAITING))[0][0]:
                await self.time_passes()
                await asyncio.sleep(0.3)

    async def time_passes(self) -> None:
        for statement in _TIME_PASSES.split(";"):
            await self.rows(statement)

    async def violations(self, acks: Sequence[Ack]) -> list[str]:
        """What does not hold, once all is quiet."""
        await self.quiet()
        found = [
            f"{name}: {row[0]}" for name, sql in INVARIANTS.items() for row in await self.rows(sql)
        ]
        return found + await self._broken_promises(acks)

    async def _broken_promises(self, acks: Sequence[Ack]) -> list[str]:
        rows = await self.rows("select id::text, state from workflows.commands")
        state = {row[0]: row[1] for row in rows}
        return [
            f"I1 acknowledged with {ack.status}, now {state.get(ack.command_id)}: {ack.command_id}"
            for ack in acks
            if state.get(ack.command_id) != "applied"
        ]

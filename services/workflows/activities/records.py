"""What a process may ask of its own service: write its records, look into the command inbox."""

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from services.workflows import records
from services.workflows.commands import repository
from shared.contracts.cases import Decision, DecisionFound, Lookup, Recorded, Records
from shared.database import system_transaction
from shared.failpoints import failpoint


class RecordsOf:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn(name="records.write")
    async def write(self, batch: Records) -> Recorded:
        written = await records.write(self._engine, batch)
        failpoint("after-records")
        return written

    @activity.defn(name="records.decided_in_time")
    async def decided_in_time(self, lookup: Lookup) -> DecisionFound:
        async with system_transaction(self._engine) as session:
            found = await repository.in_time(session, lookup.task_ids, lookup.by)
        if found is None:
            return DecisionFound()
        return DecisionFound(decision=Decision.model_validate(found.body["decision"]))

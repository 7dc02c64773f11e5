"""The reminder round as a Temporal Schedule: explicit overlap, catch-up window and jitter."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity, workflow
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import RetryPolicy

from services.workflows.reminders import rounds
from shared import clock
from shared.clients.orgs import OrgsClient

SCHEDULE = "reminder_round"


class Reminders:
    """The round as activities; each may run twice without telling anybody twice."""

    def __init__(self, engine: AsyncEngine, register: OrgsClient) -> None:
        self._engine = engine
        self._register = register

    @activity.defn(name="reminders.tasks")
    async def tasks(self) -> int:
        return await rounds.round_of_tasks(self._engine, clock.today())

    @activity.defn(name="reminders.terms")
    async def terms(self) -> int:
        return await rounds.round_of_terms(self._engine, self._register, clock.today())


@workflow.defn(name=SCHEDULE)
class ReminderRound:
    @workflow.run
    async def run(self) -> int:
        told = 0
        for name in ("reminders.tasks", "reminders.terms"):
            told += await workflow.execute_activity(  # noqa: TID251
                name,
                result_type=int,
                start_to_close_timeout=timedelta(minutes=10),
                retry_policy=RetryPolicy(
                    maximum_interval=timedelta(minutes=1), maximum_attempts=20
                ),
            )
        return told


async def ensure(client: Client, *, queue: str, every_seconds: int) -> None:
    """Create the Schedule, or bring an existing one up to these settings."""
    interval = timedelta(seconds=every_seconds)
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(SCHEDULE, id=SCHEDULE, task_queue=queue),
        spec=ScheduleSpec(
            intervals=[ScheduleIntervalSpec(every=interval)],
            jitter=min(interval / 10, timedelta(minutes=1)),
        ),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(hours=1)
        ),
    )

    async def replaced(_: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(schedule=schedule)

    try:
        await client.create_schedule(SCHEDULE, schedule, trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(SCHEDULE).update(replaced)

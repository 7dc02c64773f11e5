"""The floor: start, three decisions by Update, each with one persisted write, end; no application.

Same flags as the suite's own worker (10 pollers, ratio 0.5, 1000 cached), same Temporal server,
same Postgres: what is left of it by the real case is what the application costs.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from temporalio import activity, workflow
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import PollerBehaviorSimpleMaximum, UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from shared.ids import new_id

DECISIONS = 3
Case = Callable[[list[float]], Awaitable[None]]
PASSED_THROUGH = ("asyncpg", "shared", "pydantic", "httpx")


@workflow.defn(name="floor")
class Floor:
    @workflow.init
    def __init__(self) -> None:
        self.n = 0

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(
            lambda: self.n >= DECISIONS and workflow.all_handlers_finished()
        )
        return self.n

    @workflow.update
    async def decide(self) -> int:
        await workflow.execute_local_activity(
            "floor.persist",
            args=[workflow.info().workflow_id, self.n],
            start_to_close_timeout=timedelta(seconds=10),
        )
        self.n += 1
        return self.n


class Persist:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @activity.defn(name="floor.persist")
    async def persist(self, case: str, n: int) -> None:
        await self._pool.execute(
            "insert into floor_decisions (case_id, n) values ($1, $2) on conflict do nothing",
            case,
            n,
        )


@dataclass(frozen=True)
class Rate:
    """What one run did: whole cases, decisions in all, seconds, and each decision's seconds."""

    cases: int
    decisions: int
    seconds: float
    steps: list[float]

    @property
    def decisions_a_second(self) -> float:
        return self.decisions / self.seconds

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.steps)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


async def measure(target: str, dsn: str, *, lanes: int, seconds: float, sandbox: bool) -> Rate:
    pool = await asyncpg.create_pool(dsn, min_size=4, max_size=10)
    await pool.execute(
        "create table if not exists floor_decisions (case_id text, n int, primary key (case_id, n))"
    )
    client = await Client.connect(target)
    queue = f"floor-{new_id()}"
    pollers = PollerBehaviorSimpleMaximum(10)
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[Floor],
        activities=[Persist(pool).persist],
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions)
        if sandbox
        else UnsandboxedWorkflowRunner(),
        max_cached_workflows=1000,
        nonsticky_to_sticky_poll_ratio=0.5,
        workflow_task_poller_behavior=pollers,
        activity_task_poller_behavior=pollers,
    )
    async with worker:
        rate = await run_lanes(lambda steps: _case(client, queue, steps), lanes, seconds)
    await pool.close()
    return rate


async def _case(client: Client, queue: str, steps: list[float]) -> None:
    name = str(new_id())
    begun = time.perf_counter()
    start = WithStartWorkflowOperation(
        Floor.run, id=name, task_queue=queue, id_conflict_policy=WorkflowIDConflictPolicy.FAIL
    )
    await client.execute_update_with_start_workflow(Floor.decide, start_workflow_operation=start)
    steps.append(time.perf_counter() - begun)
    handle = client.get_workflow_handle(name)
    for _ in range(DECISIONS - 1):
        begun = time.perf_counter()
        await handle.execute_update(Floor.decide)
        steps.append(time.perf_counter() - begun)
    await handle.result()


async def run_lanes(one: Case, lanes: int, seconds: float) -> Rate:
    """Run cases in parallel lanes until the time is up; three cases beforehand warm it up."""
    steps: list[float] = []
    for _ in range(3):
        await one(steps)
    steps.clear()
    done = 0
    begun = time.perf_counter()

    async def lane() -> None:
        nonlocal done
        while time.perf_counter() - begun < seconds:
            await one(steps)
            done += 1

    await asyncio.gather(*(lane() for _ in range(lanes)))
    return Rate(done, len(steps), time.perf_counter() - begun, steps)

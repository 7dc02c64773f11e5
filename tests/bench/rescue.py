"""The answer to a decision on a case whose worker was killed a moment ago; memory of the suite."""

import time

import psutil

from deploy.local.suite import Suite
from tests.bench.report import Report
from tests.bench.transfers import CHECKED
from tests.e2e.people import Person, transfer_of, until
from tests.village import Village


async def measure(suite: Suite, village: Village, report: Report) -> None:
    secretary = await Person.at_desk(suite, "secretary-east-1")
    body = transfer_of(village.members[-3], village.orgs["west-1"])
    case = (await secretary.post("/v1/cases", body)).json()["case_id"]
    task = await secretary.turn(case, "branch_check")
    suite.kill("worker")
    begun = time.perf_counter()
    suite.restart("worker")
    path = f"/v1/tasks/{task['id']}/decisions"
    answer = await secretary.post(path, {"choice": "approve", "form": CHECKED})
    answered = time.perf_counter() - begun
    command = answer.json()["command_id"]

    async def applied() -> bool:
        status = await secretary.get(f"/v1/commands/{command}")
        return status.json()["state"] == "applied"

    await until(applied, seconds=60)
    report.row(
        "decision just after the worker was killed",
        f"answered {answer.status_code} after {answered:.1f} s,"
        f" applied after {time.perf_counter() - begun:.1f} s",
        "start of the worker included",
        "",
    )
    await secretary.leave()
    report.row("memory of the suite (PSS)", f"{memory(suite):.0f} MiB", "target ≤ 1536 MiB", "")


def memory(suite: Suite) -> float:
    total = 0
    for child in suite.children.values():
        if child.process is None:
            continue
        own = psutil.Process(child.process.pid)
        for process in (own, *own.children(recursive=True)):
            total += process.memory_full_info().pss
    return total / 2**20

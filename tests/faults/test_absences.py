"""Something is away: what was acknowledged is done when it is back, once; else 503."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from deploy.local.suite import Suite
from shared.clock import today
from shared.ids import new_id
from tests.e2e.people import transfer_of, until
from tests.faults.carrier import Office, Transfer
from tests.faults.oracle import Oracle


async def test_a_decision_sent_while_temporal_is_away_is_recorded_and_applied_once(
    broken_suite: Suite, office: Office
) -> None:
    (case,) = await office.transfers(1)
    await case.task("secretary-east-1", "branch_check")
    broken_suite.kill("temporal")
    ack = await case.check()
    assert ack.status == 202
    await asyncio.to_thread(broken_suite.start, "temporal")
    await case.task("committee-east", "sending_decision")
    assert await Oracle(broken_suite).violations(office.acks) == []


async def test_while_postgres_is_away_nothing_is_accepted_and_the_answer_says_when_to_retry(
    broken_suite: Suite, office: Office
) -> None:
    village, desk = office.village, office.desks["secretary-east-1"]
    member = office.members.pop(0)
    body, key = transfer_of(village.members[member], village.orgs["west-1"]), str(new_id())
    broken_suite.kill("postgres")
    refused = await desk.post("/v1/cases", body, key=key)
    assert (refused.status_code, refused.json()["code"]) == (503, "database-away")
    assert int(refused.headers["Retry-After"]) > 0
    read = await desk.get("/v1/organisations", "orgs")
    assert (read.status_code, int(read.headers["Retry-After"]) > 0) == (503, True)
    await asyncio.to_thread(broken_suite.start, "postgres")

    async def accepted() -> bool:
        answer = await desk.post("/v1/cases", body, key=key)
        if answer.status_code < 500:
            office.acknowledge(answer)
        return answer.status_code < 500

    await until(accepted)
    assert await Oracle(broken_suite).violations(office.acks) == []


async def test_an_effect_that_finds_the_register_away_is_done_when_it_is_back(
    broken_suite: Suite, office: Office
) -> None:
    (case,) = await office.transfers(1)
    await case.check()
    await case.task("committee-east", "sending_decision")
    broken_suite.kill("orgs")
    ack = await case.send()
    assert ack.status == 202
    await asyncio.to_thread(broken_suite.start, "orgs")
    await case.task("committee-west", "receiving_decision")
    assert await Oracle(broken_suite).violations(office.acks) == []


async def test_people_are_told_once_when_notifications_and_the_mail_server_are_back(
    broken_suite: Suite, office: Office
) -> None:
    oracle = Oracle(broken_suite)
    for name in ("notifications", "mail"):
        broken_suite.kill(name)
    (case,) = await office.transfers(1)
    await case.check()
    await case.send()
    task = (await case.task("committee-west", "receiving_decision"))["id"]
    await asyncio.to_thread(broken_suite.start, "notifications")
    await oracle.quiet()
    await until(lambda: tried(oracle, task))
    await asyncio.to_thread(broken_suite.start, "mail")

    async def sent() -> bool:
        await oracle.time_passes()
        return await deliveries(oracle, task) == ["sent"]

    await until(sent)
    assert len([text for text in mails(broken_suite) if f"/tasks/{task}" in text]) == 1
    assert await oracle.violations(office.acks) == []


def mails(suite: Suite) -> list[str]:
    """The texts of all e-mails that left the suite."""
    files = [path.read_bytes() for path in suite.state.mail.glob("*.eml")]
    parsed = [message_from_bytes(file, policy=default) for file in files]
    bodies = [mail.get_body() for mail in parsed]
    return [body.get_content() for body in bodies if body is not None]


async def deliveries(oracle: Oracle, task: str) -> list[str]:
    """States of the e-mails that tell of a task to the one who has an address."""
    rows = await oracle.rows(
        "select d.state from notifications.deliveries d"
        " join notifications.messages m on m.id = d.message_id"
        " join orgs.accounts a on a.id = m.account_id"
        " where m.dedupe_key = $1 and a.login = 'reader-west' and d.attempts > 0",
        f"task-opened:{task}",
    )
    return [row[0] for row in rows]


async def test_art6_a_decision_recorded_in_time_counts_though_the_period_lapses_meanwhile(
    broken_suite: Suite, office: Office, failpoints: Path
) -> None:
    """The letter's last day was in June: to the services it is June, to the engine it is not."""
    (case,) = await office.transfers(1)
    await case.check()
    await case.task("committee-east", "sending_decision")
    (failpoints / "after-records").touch()
    with services_think_it_is(broken_suite, "2026-06-10"):
        await case.send(on="2026-06-01")
        await until(lambda: dead(broken_suite))
        accepted = await case.accept()
        assert accepted.status == 202
    await asyncio.to_thread(broken_suite.start, "worker")
    await case.task("committee-west", "receipt")
    assert "lapsed" not in await kinds(office, case)
    assert await Oracle(broken_suite).violations(office.acks) == []


async def tried(oracle: Oracle, task: str) -> bool:
    return await deliveries(oracle, task) == ["pending"]


async def dead(suite: Suite) -> bool:
    return not suite.children["worker"].alive


async def kinds(office: Office, case: Transfer) -> list[str]:
    timeline: list[dict[str, Any]] = (
        await office.desks["committee-east"].get(f"/v1/cases/{case.id}/timeline")
    ).json()
    return [entry["kind"] for entry in timeline]


@contextmanager
def services_think_it_is(suite: Suite, day: str) -> Generator[None]:
    """Move the services' clock; the engine keeps its own."""
    noon = datetime.fromisoformat(f"{day}T04:00:00+00:00")
    offset: timedelta = noon - datetime.now(UTC)
    assert noon.date() < today()
    path = Path(suite.env["DANGJIAN_CLOCK_OFFSET_FILE"])
    path.write_text(str(offset.total_seconds()))
    try:
        yield
    finally:
        path.unlink()

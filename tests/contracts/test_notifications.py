"""The typed client of notifications against the real service."""

import pytest

from shared.access import Role
from shared.clients.notifications import NotificationsClient
from shared.contracts.messages import Message, Recipient, Template
from shared.ids import new_id
from tests.apps import Apps

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_workflows_sends_is_stored_once_and_reaches_the_role(apps: Apps) -> None:
    await apps.caught_up()
    client = NotificationsClient(apps.as_service("notifications"))
    task = new_id()
    told = Message(
        dedupe_key=f"task-opened:{task}",
        template=Template.TASK_OPENED,
        variables={"process": "党员组织关系转接", "case_number": "1", "task": "转入党委接收"},
        to=Recipient(role=Role.COMMITTEE, org_id=apps.village.orgs["west"]),
        task_id=task,
        link=f"/tasks/{task}",
    )
    vacant = told.model_copy(
        update={
            "dedupe_key": "vacant",
            "to": Recipient(role=Role.OFFICE, org_id=apps.village.orgs["west"]),
        }
    )
    first = await client.send([told, vacant])
    assert (first.stored, first.without_recipient) == (1, ["vacant"])
    assert (await client.send([told])).duplicates == 1
    wrong = told.model_copy(update={"dedupe_key": "wrong", "variables": {"nobody": "示例"}})
    assert [row.dedupe_key for row in (await client.send([wrong])).refused] == ["wrong"]
    reader = apps.callers.person(apps.village.accounts["committee-west"])
    inbox = (await apps.http["notifications"].get("/v1/inbox", headers=reader)).json()
    assert [item["task_id"] for item in inbox["items"]] == [str(task)]

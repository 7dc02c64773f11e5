"""POST /v1/messages: the other services say who is to be told what."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter

from services.notifications.messages import repository
from services.notifications.messages.recipients import resolve
from services.notifications.messages.repository import NewMessage
from services.notifications.templates.catalogue import INBOX
from shared.contracts.messages import Message, MessageBatch, MessagesStored
from shared.copies.access import must_be_fresh
from shared.web import Route, SessionDep

router = APIRouter(prefix="/v1/messages", tags=["messages"], route_class=Route)


@router.post("", status_code=201)
async def store(batch: MessageBatch, session: SessionDep) -> MessagesStored:
    """All or nothing; repeating it is safe, each message is kept once for each recipient.

    Errors: 422 for a variable that the template does not declare, 503 copy-stale.
    """
    await must_be_fresh(session)
    accounts = await resolve(session, [message.to for message in batch.messages])
    found = [
        (rendered, list(message.channels))
        for place, message in enumerate(batch.messages)
        for rendered in _rendered(message, accounts[message.to], place)
    ]
    stored = await repository.store(session, found)
    return MessagesStored(
        stored=stored,
        duplicates=len(found) - stored,
        without_recipient=[m.dedupe_key for m in batch.messages if not accounts[m.to]],
    )


def _rendered(message: Message, accounts: Sequence[UUID], place: int) -> list[NewMessage]:
    words = INBOX[message.template].render(message.variables, field=f"messages.{place}.variables")
    return [
        NewMessage(
            account_id=account,
            dedupe_key=message.dedupe_key,
            template=message.template,
            title=words.title,
            body=words.body,
            case_id=message.case_id,
            task_id=message.task_id,
            link=message.link,
            expires_at=message.expires_at,
        )
        for account in accounts
    ]

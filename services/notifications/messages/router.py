"""POST /v1/messages: the other services say who is to be told what."""

from uuid import UUID

from fastapi import APIRouter

from services.notifications.messages import repository
from services.notifications.messages.recipients import resolve
from services.notifications.messages.repository import NewMessage
from services.notifications.templates.catalogue import INBOX, Rendered
from shared import logging
from shared.contracts.messages import Message, MessageBatch, MessagesStored, Refusal
from shared.copies.access import must_be_fresh
from shared.problems import Invalid
from shared.web import Route, SessionDep

router = APIRouter(prefix="/v1/messages", tags=["messages"], route_class=Route)
log = logging.logger()


@router.post("", status_code=201)
async def store(batch: MessageBatch, session: SessionDep) -> MessagesStored:
    """Safe to repeat: each message is kept once for each recipient.

    A message with a wrong variable is refused by itself; the others are stored.
    Error: 503 copy-stale, while nobody can say who holds a role.
    """
    await must_be_fresh(session)
    accounts = await resolve(session, [message.to for message in batch.messages])
    found: list[tuple[NewMessage, list[str]]] = []
    refused: list[Refusal] = []
    for message in batch.messages:
        try:
            words = INBOX[message.template].render(message.variables)
        except Invalid as wrong:
            log.error("message-refused", code=wrong.code, template=message.template.value)
            refused.append(
                Refusal(dedupe_key=message.dedupe_key, code=wrong.code, field=wrong.field)
            )
        else:
            channels = [channel.value for channel in message.channels]
            found += [(_new(message, words, to), channels) for to in accounts[message.to]]
    stored = await repository.store(session, found)
    return MessagesStored(
        stored=stored,
        duplicates=len(found) - stored,
        without_recipient=[m.dedupe_key for m in batch.messages if not accounts[m.to]],
        refused=refused,
    )


def _new(message: Message, words: Rendered, account: UUID) -> NewMessage:
    return NewMessage(
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

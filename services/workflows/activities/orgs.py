"""What a process may ask of the register; every effect carries a key that the process named."""

from typing import Any, Literal, Self
from uuid import UUID

from temporalio import activity

from services.workflows.activities.support import refusals_are_final
from shared.clients.orgs import OrgsClient
from shared.contracts.base import Contract
from shared.contracts.register import (
    Departure,
    Letter,
    LetterAcceptance,
    LetterIssue,
    LetterReceipt,
    LetterVoid,
    Move,
    TransitEnd,
    TransitStart,
)
from shared.failpoints import failpoint

MemberBody = TransitStart | TransitEnd | Move | Departure


class MemberEffect(Contract):
    """An effect on one member; `body` is the contract of that name, as JSON."""

    key: str
    member_id: UUID
    effect: Literal["transits", "transit-ends", "moves", "departures"]
    body: dict[str, Any]

    @classmethod
    def of(cls, key: str, member_id: UUID, body: MemberBody) -> Self:
        return cls(key=key, member_id=member_id, effect=_MEMBER[type(body)], body=_json(body))


class LetterEffect(Contract):
    """An effect on one letter; `body` is the contract of that name, as JSON."""

    key: str
    letter_id: UUID
    effect: Literal["voids", "acceptances", "receipts"]
    body: dict[str, Any]

    @classmethod
    def of(
        cls, key: str, letter_id: UUID, body: "LetterVoid | LetterAcceptance | LetterReceipt"
    ) -> Self:
        return cls(key=key, letter_id=letter_id, effect=_LETTER[type(body)], body=_json(body))


def _json(body: Contract) -> dict[str, Any]:
    return body.model_dump(mode="json")


_MEMBER: dict[type[Contract], Any] = {
    TransitStart: "transits",
    TransitEnd: "transit-ends",
    Move: "moves",
    Departure: "departures",
}
_LETTER: dict[type[Contract], Any] = {
    LetterVoid: "voids",
    LetterAcceptance: "acceptances",
    LetterReceipt: "receipts",
}


class NewLetter(Contract):
    key: str
    effect: LetterIssue


class Done(Contract):
    """An effect that has nothing to tell."""


class LetterIssued(Contract):
    """What a process keeps of a letter."""

    id: UUID
    serial: str


class Orgs:
    def __init__(self, client: OrgsClient) -> None:
        self._client = client

    @activity.defn(name="orgs.member_effect")
    async def member_effect(self, asked: MemberEffect) -> Done:
        with refusals_are_final():
            await self._client.member_effect(
                asked.member_id, asked.effect, asked.body, key=asked.key
            )
        failpoint("after-effect")
        return Done()

    @activity.defn(name="orgs.issue_letter")
    async def issue_letter(self, asked: NewLetter) -> LetterIssued:
        with refusals_are_final():
            letter: Letter = await self._client.issue_letter(asked.effect, key=asked.key)
        failpoint("after-effect")
        return LetterIssued(id=letter.id, serial=letter.serial)

    @activity.defn(name="orgs.letter_effect")
    async def letter_effect(self, asked: LetterEffect) -> Done:
        with refusals_are_final():
            await self._client.letter_effect(
                asked.letter_id, asked.effect, asked.body, key=asked.key
            )
        return Done()

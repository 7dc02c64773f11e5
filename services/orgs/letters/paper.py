"""What is printed on the three parts of the letter: 存根, 介绍信, 回执联."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from pydantic import computed_field

from services.orgs.letters import capitals
from shared.contracts.base import Contract


class LetterPaper(Contract):
    """Data of the form; every number and date also in capital numerals (组通字〔2006〕45号)."""

    id: UUID
    serial: str
    """Stands on each of the three parts."""
    from_name: str
    to_name: str
    names: Sequence[str]
    """On the letter itself for one member, on the list that goes with it for several."""
    member_count: int
    issued_on: date
    valid_until: date
    dues_paid_to: date | None
    accepted_on: date | None
    void_reason: str | None

    @computed_field
    @property
    def member_count_capitals(self) -> str:
        return capitals.number(self.member_count)

    @computed_field
    @property
    def issued_on_capitals(self) -> str:
        return capitals.day(self.issued_on)

    @computed_field
    @property
    def valid_days(self) -> int:
        return (self.valid_until - self.issued_on).days

    @computed_field
    @property
    def valid_days_capitals(self) -> str:
        return capitals.number(self.valid_days)

    @computed_field
    @property
    def dues_paid_to_capitals(self) -> str | None:
        """党费交至×年×月."""
        return capitals.month(self.dues_paid_to) if self.dues_paid_to else None

    @computed_field
    @property
    def accepted_on_capitals(self) -> str | None:
        return capitals.day(self.accepted_on) if self.accepted_on else None

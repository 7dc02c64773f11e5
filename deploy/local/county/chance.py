"""Everything that is drawn by lot, from one seed: the same county every time."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from faker import Faker

T = TypeVar("T")
SEED = 20121122
_EPOCH_MS = 1_767_225_600_000
"""2026-01-01: ids look like UUID version 7, so rows lie in the order in which they are made."""


class Chance:
    def __init__(self, seed: int = SEED) -> None:
        self.fake = Faker("zh_CN")
        self.fake.seed_instance(seed)
        self._draw: Any = self.fake.random
        self._ids = 0

    def number(self, low: int, high: int) -> int:
        """Both ends included."""
        return int(self._draw.randint(low, high))

    def happens(self, share: float) -> bool:
        return float(self._draw.random()) < share

    def pick(self, among: Sequence[T]) -> T:
        return among[int(self._draw.randrange(len(among)))]

    def some(self, among: Sequence[T], count: int) -> list[T]:
        """Different ones, in the order in which they were drawn."""
        return list(self._draw.sample(among, min(count, len(among))))

    def id(self) -> UUID:
        self._ids += 1
        high = (_EPOCH_MS + self._ids // 4096) << 16 | 0x7000 | self._ids % 4096
        low = 0x8000 << 48 | int(self._draw.getrandbits(62))
        return UUID(int=high << 64 | low)

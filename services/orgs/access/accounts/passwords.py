"""Argon2id in threads, a few at a time, costing the same for an account that does not exist."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from pwdlib import PasswordHash

from shared.problems import TooMany

HASHER = PasswordHash.recommended()
RUNNING = 2
WAITING = 64
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def hash_password(password: str) -> str:
    return HASHER.hash(password)


def one_time_password() -> str:
    """Sixteen characters that nobody mistakes for each other on paper."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


class Passwords:
    """One per process: bounds the memory that a storm of logins may take."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(RUNNING)
        self._waiting = 0
        self._nobody = hash_password(secrets.token_urlsafe(16))

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """Wait for a turn before touching the database. Error: 429 when too many wait."""
        if self._waiting >= WAITING:
            raise TooMany("login-busy", "登录的人较多，请稍候几秒再试。", retry_after=5)
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """None is an unknown account: it costs one verification all the same."""
        right = await asyncio.to_thread(HASHER.verify, password, password_hash or self._nobody)
        return right and password_hash is not None

    async def hash(self, password: str) -> str:
        return await asyncio.to_thread(hash_password, password)

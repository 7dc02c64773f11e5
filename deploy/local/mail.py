"""A mail server for the demonstration: takes every mail over SMTP and keeps it as a file."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.paths import State, default_state
from deploy.local.ports import HOST, Ports


class Keeper:
    """Writes each mail to `var/mail/`; says only how many there are, never to whom."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.count = len(list(folder.glob("*.eml")))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        self.count += 1
        content = envelope.original_content or b""
        (self.folder / f"{self.count:06}.eml").write_bytes(content)
        sys.stdout.write(f"{self.count} mails in {self.folder}\n")
        sys.stdout.flush()
        return "250 kept"


async def serve(state: State, port: int) -> None:
    """Until a signal asks to end."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    keeper = Keeper(state.mail)
    async with await loop.create_server(lambda: SMTP(keeper), HOST, port):
        await ended.wait()


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(serve(default_state(), Ports.from_environment().mail))

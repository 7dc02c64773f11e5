"""The demonstration's mail server keeps every mail and says only how many there are."""

import asyncio
from contextlib import suppress
from pathlib import Path

import aiosmtplib
import pytest

from deploy.local.mail import serve
from deploy.local.paths import State
from deploy.local.ports import HOST, unused_port


async def test_a_mail_is_kept_and_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = unused_port()
    server = asyncio.create_task(serve(State(tmp_path), port))
    await asyncio.sleep(0.1)
    await aiosmtplib.send(
        b"Subject: due\r\n\r\nbody", sender="a@example.org", recipients=["b@example.org"],
        hostname=HOST, port=port, start_tls=False,
    )  # fmt: skip
    server.cancel()
    with suppress(asyncio.CancelledError):
        await server
    assert b"Subject: due" in (tmp_path / "mail" / "000001.eml").read_bytes()
    assert "example.org" not in capsys.readouterr().out

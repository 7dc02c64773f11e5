"""Hot reads with authorisation and row security, against bare FastAPI + asyncpg + model."""

import asyncio
import os
import subprocess
import sys
import time

from deploy.local.login import log_in
from deploy.local.ports import unused_port
from deploy.local.suite import Suite
from tests.bench.report import Report
from tests.village import PASSWORD, Village

LANES = 4


async def rate(port: int, path: str, token: str, seconds: float) -> float:
    """Requests a second over kept connections; a client so thin that it hardly counts."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    done = 0
    ends = time.perf_counter() + seconds

    async def lane() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < ends:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head[:20], head
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            done += 1
        writer.close()

    await asyncio.gather(*(lane() for _ in range(LANES)))
    return done / seconds


async def measure(suite: Suite, village: Village, report: Report, *, seconds: float) -> None:
    member = village.members[-1]
    token = (await log_in(suite.url("orgs"), "committee-east", PASSWORD)).access_token
    port = unused_port()
    dsn = suite.env["DANGJIAN_ORGS_DATABASE_URL"].replace("+asyncpg", "")
    # Row security hides everything from a peer without a scope: it asks as the superuser.
    server = suite.server
    dsn = f"postgresql://postgres:{server.password}@{dsn.rsplit('@', 1)[1]}"
    environment = os.environ | {
        "PEER_DSN": f"{dsn}?options=-csearch_path%3Dorgs",
        "PEER_PORT": str(port),
    }
    peer = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-m", "tests.bench.peer"], env=environment
    )
    try:
        await asyncio.sleep(3)
        bare = await rate(port, f"/members/{member}", token, seconds)
        inbox_port = suite.ports.of("workflows")
        for name, at, path in (
            ("member", suite.ports.of("orgs"), f"/v1/members/{member}"),
            ("inbox", inbox_port, "/v1/tasks?limit=20"),
            ("list page of 50 members", suite.ports.of("orgs"), "/v1/members?limit=50"),
        ):
            ours = await rate(at, path, token, seconds)
            report.row(
                f"read: {name}, {LANES} connections",
                f"{ours:.0f} requests/s",
                f"bare FastAPI + asyncpg + model, one row: {bare:.0f} requests/s",
                f"{ours / bare:.2f}",
            )
    finally:
        peer.terminate()
        peer.wait()

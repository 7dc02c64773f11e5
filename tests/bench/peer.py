"""The peer of the hot reads: bare FastAPI, asyncpg and a response model; no authorisation."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Member(BaseModel):
    id: UUID
    person_id: UUID
    standing: str
    state: str
    org_id: UUID
    org_path: str
    joined_on: date
    version: int


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    dsn = os.environ["PEER_DSN"]
    async with asyncpg.create_pool(dsn, min_size=4, max_size=4) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/members/{member_id}")
async def member(member_id: UUID) -> Member:
    row = await app.state.pool.fetchrow(
        "select id, person_id, standing, state, org_id, org_path, joined_on, version"
        " from members where id = $1",
        member_id,
    )
    return Member.model_validate(dict(row))


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PEER_PORT"]), log_level="warning", access_log=False)

"""The list of one's projects as FastAPI gives it, for bin/bench to measure beside ours."""

import os
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import orjson
from fastapi import FastAPI, Query, Request, Response

OWNER = UUID(os.environ["OWNER"])
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TITLE_MAX_CHARS = 120

# The statement of our own list. asyncpg prepares it once for each connection.
LIST = """
    select p.id, p.title, p.directive, p.visibility, p.archived_at, p.deleted_at, p.created_at, p.updated_at,
           p.latest_generation as generation_id, p.latest_status as status
    from projects p
    where p.owner_id = $1
      and (case when p.deleted_at is not null then 'deleted' when p.archived_at is not null then 'archived'
           else 'active' end) = $2
      and (p.created_at, p.id) < ($4, $5)
    order by p.created_at desc, p.id desc limit $3
"""
# Comes before no row.
START = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), UUID(int=2**128 - 1))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=20, max_size=20, reset=nothing) as pool:
        app.state.pool = pool
        yield


async def nothing(_: asyncpg.Connection) -> None:
    """Instead of the statements that clean a connection after each use: whoever only reads leaves nothing behind."""


app = FastAPI(lifespan=lifespan)


@app.get("/api/projects")
async def list_projects(request: Request, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Response:
    # One more than shown tells whether there is another page.
    rows = await request.app.state.pool.fetch(LIST, OWNER, "active", limit + 1, *START)
    shown = rows[:limit]
    page = {
        "items": [project(row) for row in shown],
        "next_cursor": cursor(shown[-1]) if len(rows) > limit else None,
    }
    # Written at once: by way of a response model the whole request would take half as long again.
    return Response(orjson.dumps(page, default=str, option=orjson.OPT_UTC_Z), media_type="application/json")


def project(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "title": row["title"] or title_of(row["directive"]),
        "directive": row["directive"],
        "visibility": row["visibility"],
        "shelf": "deleted" if row["deleted_at"] else "archived" if row["archived_at"] else "active",
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "generation_id": row["generation_id"],
        "status": row["status"],
    }


def title_of(directive: str) -> str:
    """The beginning of a directive on one line, ended at a word."""
    line = " ".join(directive.split())
    if len(line) <= TITLE_MAX_CHARS:
        return line
    return line[: TITLE_MAX_CHARS - 1].rsplit(" ", 1)[0].rstrip(",;:.-") + "…"


def cursor(row: asyncpg.Record) -> str:
    """The place of a row in the list: its time in microseconds, and its id."""
    micros = (row["created_at"] - EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(micros.to_bytes(8, "big") + row["id"].bytes).decode()

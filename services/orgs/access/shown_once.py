"""Secrets that an answer shows once: added after the commit, so that no stored answer has them."""

import hashlib
import json
import secrets

from fastapi import Request, Response
from fastapi.responses import JSONResponse


def show_once(request: Request, **values: str) -> None:
    """Put values into this reply only; a replay of the same key answers without them."""

    async def reveal(response: Response) -> Response:
        body = json.loads(bytes(response.body)) | values
        return JSONResponse(body, status_code=response.status_code)

    request.state.after_commit = reveal


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """How a random secret is stored; passwords, which people choose, go through Argon2."""
    return hashlib.sha256(secret.encode()).hexdigest()

"""What every typed client needs: one request, problems read back, absence told apart."""

import json
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

from shared.problems import Unavailable, from_response

M = TypeVar("M", bound=BaseModel)


class Client:
    """Base of the typed clients; `http` carries base URL, authentication and timeouts."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | dict[str, Any] | None = None,
        key: str | None = None,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        sent = dict(headers or {})
        if key:
            sent["Idempotency-Key"] = key
        content = _content(body)
        if content:
            sent["Content-Type"] = "application/json"
        try:
            response = await self._http.request(
                method, path, content=content, params=params, headers=sent
            )
        except httpx.HTTPError as error:
            raise Unavailable(
                "service-away", "服务暂时不可用，请稍后重试。", retry_after=5
            ) from error
        if response.status_code >= 400:
            raise from_response(response.status_code, _json(response))
        return response

    async def _model(self, kind: type[M], method: str, path: str, **options: Any) -> M:
        return kind.model_validate_json((await self._call(method, path, **options)).content)


def _content(body: BaseModel | dict[str, Any] | None) -> str | None:
    if body is None:
        return None
    return body.model_dump_json() if isinstance(body, BaseModel) else json.dumps(body)


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}  # pyright: ignore[reportUnknownVariableType]

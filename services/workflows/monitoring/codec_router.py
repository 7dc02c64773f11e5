"""/v1/codec: lets an authorised operator read payloads in Temporal's own UI."""

from typing import Any

from fastapi import APIRouter
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payloads

from services.workflows.codec import Encryption
from services.workflows.deps import SettingsDep
from shared import audit
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/codec", tags=["codec"], route_class=Route)


@router.post("/decode")
async def decode(
    body: dict[str, Any], session: SessionDep, access: AccessDep, settings: SettingsDep
) -> dict[str, Any]:
    """Temporal's remote codec protocol; every reading is in the audit trail."""
    payloads = ParseDict(body, Payloads())
    opened = await Encryption(settings.payload_keys).decode(payloads.payloads)
    await audit.record(session, access, "payloads.read", object_kind="payload", count=len(opened))
    return MessageToDict(Payloads(payloads=opened))

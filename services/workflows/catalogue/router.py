"""/v1/processes: what each process is, so that a portal can build its forms from it."""

from typing import Any

from fastapi import APIRouter

from services.workflows.cases.claims import must_be_free
from services.workflows.cases.intake import prepared
from services.workflows.deps import RegisterDep
from services.workflows.kernel.process import Process
from services.workflows.notices import CHOICES
from services.workflows.registry import all_processes, process_of
from shared.contracts.inbox import Checked, ProcessDetail, ProcessSummary, StepInfo
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/processes", tags=["processes"], route_class=Route)


def _summary(key: str, process: Process) -> dict[str, Any]:
    return {
        "key": key,
        "title": process.title,
        "articles": list(process.articles),
        "starters": sorted(role.value for role in process.starters),
    }


@router.get("")
async def processes() -> list[ProcessSummary]:
    """Every procedure that can be opened here."""
    return [ProcessSummary(**_summary(k, p)) for k, p in sorted(all_processes().items())]


@router.get("/{key}")
async def process(key: str) -> ProcessDetail:
    """Title, articles, steps, roles, JSON Schema of the request and of each task's form."""
    found = process_of(key)
    return ProcessDetail(
        **_summary(key, found),
        steps=[StepInfo(article=article, title=title) for article, title in found.steps()],
        request=found.opens_with.model_json_schema(),
        forms={name: form.model_json_schema() for name, form in found.forms.items()},
        outcomes=dict(found.outcomes),
        choices=CHOICES,
    )


@router.post("/{key}/check")
async def check(
    key: str,
    request: dict[str, Any],
    session: SessionDep,
    access: AccessDep,
    register: RegisterDep,
) -> Checked:
    """Run every rule that opening a case would run, and write nothing."""
    _, found = await prepared(process_of(key), request, register, access)
    await must_be_free(session, key, found.subjects)
    return Checked(label=found.label)

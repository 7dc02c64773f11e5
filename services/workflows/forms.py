"""Requests and forms as a process's own models: parsed with named fields, free text set aside."""

import functools
import json
from typing import Any

from pydantic import BaseModel, ValidationError

from shared import validation


def validated(
    model: type[BaseModel], raw: dict[str, Any], prefix: str, **context: Any
) -> BaseModel:
    """Parse by a process's own model; errors name the field under its prefix."""
    try:
        return model.model_validate(raw, context=context)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise validation.as_problem(found, prefix=prefix) from None


def split_private(form: BaseModel) -> tuple[dict[str, Any], dict[str, Any]]:
    """Free text stays in the command; ids, codes and dates go to the process."""
    public = form.model_dump(mode="json")
    private = {name: public.pop(name) for name in private_fields(type(form))}
    return public, private


@functools.cache
def private_fields(model: type[BaseModel]) -> tuple[str, ...]:
    properties: dict[str, Any] = model.model_json_schema().get("properties", {})
    return tuple(name for name, of in properties.items() if '"private": true' in json.dumps(of))

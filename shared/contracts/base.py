"""Base of everything that crosses a service boundary."""

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """Frozen; unknown fields are refused; grows only by optional fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

"""Settings of the workflows service and its worker."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class WorkflowsSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="DANGJIAN_WORKFLOWS_")

    port: int = 8002
    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    task_queue: str = "processes"
    payload_keys: dict[str, str]
    """Key id → base64 of 32 bytes; the first encrypts, all decrypt."""
    client_id: str = "workflows"
    client_secret: SecretStr
    ready_file: str = ""
    sandbox: bool = True
    answer_seconds: float = 2.0
    """How long a request waits for the case to come to rest before it answers 202."""
    patience_seconds: int = 900
    """How long an effect is tried before its case calls for attention."""
    round_seconds: int = 3600
    """Interval of the reminder round's Schedule."""
    schedules: bool = True
    """Off where the engine knows none: who lets the days pass calls the rounds."""
    max_cached_workflows: int = 1000

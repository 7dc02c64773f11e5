"""Settings of the register."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class OrgsSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="DANGJIAN_ORGS_")

    port: int = 8001
    keys_url: str = ""
    """Database of the per-person keys, with a backup of its own."""
    master_keys: dict[str, str]
    """Key id → base64 of 32 bytes; the first wraps new per-person keys."""
    index_key: SecretStr
    """Base64 of the key of the blind index."""
    signing_key_file: str
    service_clients: dict[str, str] = Field(default_factory=dict[str, str])
    """Built-in machine identities: name → secret."""

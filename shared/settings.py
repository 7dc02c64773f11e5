"""Settings come from DANGJIAN_<SERVICE>_<NAME>, with DANGJIAN_<NAME> as the common default."""

from pydantic import SecretStr
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)


class _CommonEnv(EnvSettingsSource):
    """Reads DANGJIAN_<NAME>; a class of its own, so that the service's own prefix wins."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls, env_prefix="DANGJIAN_")


class ServiceSettings(BaseSettings):
    """What every service needs; a service's own settings inherit it and set the prefix."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int = 0
    database_url: str
    issuer: str = "http://127.0.0.1:8001"
    audience: str = "dangjian"
    orgs_url: str = "http://127.0.0.1:8001"
    workflows_url: str = "http://127.0.0.1:8002"
    notifications_url: str = "http://127.0.0.1:8003"
    console_url: str = "http://localhost:8000"
    demo: bool = False
    audit_key: SecretStr
    """Base64: seals the audit chain; the key for hashes of request bodies is derived from it."""
    audit_anchor: str = ""
    pool_size: int = 8

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _CommonEnv(settings_cls)

"""Settings of notifications."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class NotificationsSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="DANGJIAN_NOTIFICATIONS_")

    port: int = 8003
    client_id: str = "notifications"
    client_secret: SecretStr = SecretStr("")
    smtp_host: str = ""
    """Empty: nothing leaves the suite, the number of messages is logged."""
    smtp_port: int = 587
    smtp_from: str = "dangjian@localhost"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: bool = True
    """STARTTLS is required; on port 465 TLS from the first byte."""
    email_per_day: int = Field(default=20, ge=1)
    """E-mails to one account on one day in Asia/Shanghai; more are suppressed."""
    max_attempts: int = Field(default=18, ge=1)
    """With the pauses of deliveries/backoff.py about six hours."""

"""E-mail over SMTP, with a few connections kept open between messages."""

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import aiosmtplib

from services.notifications.senders.base import Outgoing, SendFailed
from services.notifications.settings import NotificationsSettings
from shared import clock

_TIMEOUT_SECONDS = 15.0
_TLS_PORT = 465


class SmtpSender:
    """A connection is used by one message at a time; it outlives a refusal, not a failure."""

    def __init__(self, settings: NotificationsSettings) -> None:
        self._settings = settings
        self._domain = parseaddr(settings.smtp_from)[1].rpartition("@")[2] or "localhost"
        self._idle: list[aiosmtplib.SMTP] = []

    async def send(self, outgoing: Outgoing) -> None:
        """Errors: SendFailed smtp-away, smtp-refused-<status>, bad-address."""
        message = self._message(outgoing)
        connection = await self._connection()
        try:
            await connection.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            self._idle.append(connection)
            raise _refused(error.recipients[0].code) from error
        except aiosmtplib.SMTPResponseException as error:
            self._idle.append(connection)
            raise _refused(error.code) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            connection.close()
            raise SendFailed("smtp-away") from error
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    async def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _message(self, outgoing: Outgoing) -> EmailMessage:
        message = EmailMessage()
        try:
            message["To"] = outgoing.address
        except ValueError as error:
            raise SendFailed("bad-address", permanent=True) from error
        message["From"] = self._settings.smtp_from
        message["Subject"] = outgoing.subject
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{outgoing.delivery_id}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(outgoing.body)
        return message

    async def _connection(self) -> aiosmtplib.SMTP:
        """An idle connection that still answers, else a new one."""
        while self._idle:
            connection = self._idle.pop()
            try:
                await connection.rset()
            except (aiosmtplib.SMTPException, OSError):
                connection.close()
            else:
                return connection
        return await self._connect()

    async def _connect(self) -> aiosmtplib.SMTP:
        settings = self._settings
        from_start = settings.smtp_tls and settings.smtp_port == _TLS_PORT
        connection = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user or None,
            password=settings.smtp_password.get_secret_value() or None,
            use_tls=from_start,
            start_tls=settings.smtp_tls and not from_start,
            timeout=_TIMEOUT_SECONDS,
        )
        try:
            await connection.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            connection.close()
            raise SendFailed("smtp-away") from error
        return connection


def _refused(status: int) -> SendFailed:
    """4xx asks to come back, 5xx is final (RFC 5321 4.2.1)."""
    return SendFailed(f"smtp-refused-{status}", permanent=status >= 500)

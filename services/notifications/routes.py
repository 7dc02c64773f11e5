"""The routers of notifications and who may call them."""

from services.notifications.deliveries.router import router as deliveries
from services.notifications.inbox.router import router as inbox
from services.notifications.inbox.router import stream_router
from services.notifications.messages.router import router as messages
from shared.access import Role
from shared.permissions import Permission, anyone, roles, services_only

ROUTERS = (stream_router, inbox, messages, deliveries)
PERMISSIONS: dict[tuple[str, str], Permission] = {
    ("POST", "/v1/messages"): services_only(own_key=True),
    ("GET", "/v1/inbox"): anyone(),
    ("GET", "/v1/inbox/counts"): anyone(),
    ("GET", "/v1/inbox/stream"): anyone(),
    ("POST", "/v1/inbox/{message_id}/read"): anyone(),
    ("POST", "/v1/inbox/read-all"): anyone(),
    ("GET", "/v1/deliveries"): roles(Role.OPERATOR),
    ("POST", "/v1/deliveries/{delivery_id}/retry"): roles(Role.OPERATOR),
}
"""Messages carry their own key, the dedupe_key of each."""

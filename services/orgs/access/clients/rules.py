"""What must hold of a client."""

from enum import StrEnum
from urllib.parse import urlsplit

from shared.problems import Invalid
from shared.validation import RuleBroken

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Scope(StrEnum):
    """What a portal may be given; the permission tables of all services name the same."""

    REGISTER_READ = "register:read"
    MEMBERS_READ = "members:read"
    ENTERPRISES_READ = "enterprises:read"
    LETTERS_READ = "letters:read"
    RULEBOOK_READ = "rulebook:read"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"


def check_redirect(uri: str) -> str:
    """Compared letter by letter at the login, so it must be complete and unambiguous."""
    broken = RuleBroken(
        "redirect-form", "回调地址须为完整的 https 地址（本机调试可用 http），不含 # 和 *。"
    )
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError as error:
        raise broken from error
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    odd = any(sign in uri for sign in "#*\\ ") or not uri.isascii() or not uri.isprintable()
    if not (secure and host) or odd or parts.username or parts.password:
        raise broken
    return uri


def must_fit(kind: str, scopes: list[Scope], redirect_uris: list[str]) -> None:
    """A public client logs people in; only a machine client may act on its own."""
    if kind == "public" and not redirect_uris:
        raise Invalid(
            "redirect-missing", "公开客户端须至少登记一个回调地址。", field="redirect_uris"
        )
    if kind == "public" and scopes:
        raise Invalid(
            "scope-needs-secret", "公开客户端没有密钥，不能有自己的权限。", field="scopes"
        )
    if kind == "machine" and not scopes and not redirect_uris:
        raise Invalid("scope-missing", "请至少选择一项权限，或登记一个回调地址。", field="scopes")

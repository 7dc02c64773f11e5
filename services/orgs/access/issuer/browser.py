"""What the issuer shows to browsers: pages without scripts, cookies, and forms that are ours."""

import hashlib
import hmac
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.orgs.access.issuer.rules import PageRefused
from services.orgs.access.sealing import Sealer
from services.orgs.settings import OrgsSettings

PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=True,
    undefined=StrictUndefined,
)
LARGEST_FORM = 16 * 1024
SESSION, DEVICE, FORM = "dj_session", "dj_device", "dj_form"
DEVICE_SECONDS = 180 * 24 * 3600


class Browser:
    """One request of a browser, and the reply under construction."""

    def __init__(self, request: Request) -> None:
        settings: OrgsSettings = request.app.state.settings
        sealer: Sealer = request.app.state.sealer
        self._request = request
        self._demo = settings.demo
        self._secure = settings.issuer.startswith("https:")
        self._key = sealer.key("login form")
        self._form_token = self.cookie(FORM) or secrets.token_urlsafe(24)
        self._set: dict[str, tuple[str, int | None]] = {}
        self.host = request.client.host if request.client else ""
        self.action = f"{request.url.path}?{request.url.query}".rstrip("?")

    def cookie(self, name: str) -> str | None:
        return self._request.cookies.get(self._name(name))

    def keep(self, name: str, value: str, seconds: int | None = None) -> None:
        self._set[name] = (value, seconds)

    def forget(self, name: str) -> None:
        self._set[name] = ("", 0)

    async def form(self) -> dict[str, str]:
        """The fields of a form that this browser got from us. Error: PageRefused otherwise."""
        length = self._request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > LARGEST_FORM:
            raise PageRefused("提交的内容过大或不完整，请返回重试。")
        parsed = await self._request.form(max_fields=20)
        fields = {name: value for name, value in parsed.items() if isinstance(value, str)}
        own = self.cookie(FORM)
        if own is None or not hmac.compare_digest(self._csrf(own), fields.get("csrf", "")):
            raise PageRefused("页面已过期，或浏览器未启用 Cookie，请返回应用重新登录。")
        return fields

    def page(
        self,
        name: str,
        *,
        status: int = 200,
        redirect_uri: str = "",
        retry_after: int | None = None,
        **values: object,
    ) -> Response:
        """A page that may load nothing and may send its form only to us and on to the client."""
        nonce = secrets.token_urlsafe(16)
        html = PAGES.get_template(f"{name}.html").render(
            {"message": "", "action": self.action}
            | values
            | {"nonce": nonce, "demo": self._demo, "csrf": self._csrf(self._form_token)}
        )
        self.keep(FORM, self._form_token)
        response = HTMLResponse(html, status_code=status)
        # A browser applies form-action to the redirect after the form as well.
        onward = _origin(redirect_uri)
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'{onward};"
            " frame-ancestors 'none'; base-uri 'none'"
        )
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return self.dressed(response)

    def refused(self, why: str, *, status: int = 400) -> Response:
        return self.page("refused", status=status, message=why)

    def redirect(self, to: str) -> Response:
        headers = {"Location": to, "Referrer-Policy": "no-referrer"}
        return self.dressed(Response(status_code=303, headers=headers))

    def dressed(self, response: Response) -> Response:
        """With the cookies: for this host only, out of reach of scripts."""
        for name, (value, seconds) in self._set.items():
            response.set_cookie(
                self._name(name),
                value,
                max_age=seconds,
                path="/",
                secure=self._secure,
                httponly=True,
                samesite="lax",
            )
        return response

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self._secure else name

    def _csrf(self, token: str) -> str:
        return hmac.new(self._key, token.encode(), hashlib.sha256).hexdigest()


def _origin(uri: str) -> str:
    if not uri:
        return ""
    parts = urlsplit(uri)
    return f" {parts.scheme}://{parts.netloc}"

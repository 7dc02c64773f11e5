"""The smallest service of a suite: ready at once, and it says which failpoint it was given."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
        self.wfile.write(os.environ.get("DANGJIAN_FAILPOINT", "").encode())

    def log_message(
        self,
        format: str,  # noqa: A002
        *args: object,
    ) -> None:
        sys.stderr.write("asked\n")


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ["DANGJIAN_ORGS_PORT"])), Handler).serve_forever()

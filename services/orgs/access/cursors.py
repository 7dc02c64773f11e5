"""Cursors of lists that are sorted by id."""

from uuid import UUID

from shared.pages import decode_cursor
from shared.problems import Invalid


def id_cursor(after: str | None) -> UUID | None:
    """The last id seen; a cursor that we did not make is refused."""
    if after is None:
        return None
    try:
        return UUID(str(decode_cursor(after, 1)[0]))
    except ValueError as error:
        raise Invalid("bad-cursor", "翻页标记无效，请从第一页重新查询。", field="after") from error

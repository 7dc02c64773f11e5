"""Grams of organisations' names in lower case, so that letters are found however they are typed."""

from alembic import op

revision = "0006"
down_revision = "0005"

LOWERED = """
update organisations set grams = array(
  select distinct lower(gram) from unnest(grams) as given (gram) order by 1)
where name <> lower(name)"""


def upgrade() -> None:
    op.execute(LOWERED)

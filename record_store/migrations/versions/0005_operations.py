"""What the processes of the exchange leave for each other: heartbeats, positions of pulled views, done exports."""

from alembic import op

from record_store.migrations import grants

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
create table heartbeat (process text primary key, kind text not null, at timestamptz not null);
comment on table heartbeat is 'listeners and workers say that they live; /health/ready reads it';

create table pull_position (
  source smallint primary key, position text not null default '', pulled timestamptz not null);
comment on table pull_position is 'how far a pulled database view has been read';
"""


def upgrade() -> None:
    op.execute(TABLES)
    grants.application("heartbeat", "pull_position")


def downgrade() -> None:
    op.execute("drop table heartbeat, pull_position")

"""Who may ask: people who work here, clients, their codes and tokens, and browser sessions. Secrets as digests only."""

from alembic import op

from record_store.migrations import grants

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
create table organisation (code text primary key, name text not null);
comment on table organisation is 'institutions that take part, by unified social credit code';

create table practitioner (
  subject text primary key, resident bigint not null, name text not null, role text not null, organisation text not null,
  department text not null default '', licence text not null default '', active boolean not null default true,
  check (role in ('clinician', 'authority', 'agent', 'admin')));
comment on table practitioner is 'people who work with the record; they sign in with the card of the resident they are';

create table client (
  client_id text primary key, name text not null, role text not null, organisation text not null default '',
  kind text not null, jwks jsonb, redirect_uris text[] not null default '{}', scope text not null,
  active boolean not null default true,
  check (kind in ('public', 'asymmetric')));
comment on table client is 'registered applications and institutions; role is whom a client acts as by itself';

create table authorization_code (
  digest bytea primary key, client_id text not null, redirect_uri text not null, scope text not null,
  challenge text not null, claims jsonb not null, expires timestamptz not null);

create table access_token (
  digest bytea primary key, client_id text not null, claims jsonb not null, scope text not null,
  family uuid not null, issued timestamptz not null, expires timestamptz not null);
create index access_token_family on access_token (family);

create table refresh_token (
  digest bytea primary key, client_id text not null, claims jsonb not null, scope text not null,
  family uuid not null, expires timestamptz not null, used timestamptz);
create index refresh_token_family on refresh_token (family);

create table assertion (identity text primary key, expires timestamptz not null);
comment on table assertion is 'jti of client assertions that were used, until they would have expired anyway';

create table browser_session (
  digest bytea primary key, claims jsonb not null, card text not null default '', csrf text not null,
  created timestamptz not null, seen timestamptz not null, expires timestamptz not null, ended timestamptz);
create index browser_session_card on browser_session (card) where card <> '';
"""

NAMES = (
    "organisation",
    "practitioner",
    "client",
    "authorization_code",
    "access_token",
    "refresh_token",
    "assertion",
    "browser_session",
)


def upgrade() -> None:
    op.execute(TABLES)
    grants.application(*NAMES)


def downgrade() -> None:
    op.execute(f"drop table {', '.join(NAMES)}")

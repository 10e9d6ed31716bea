"""The record: vocabulary, dictionaries, sources, residents, current rows, history, side indexes, inbox, changes.

Leaves are ranges of buckets: eight on one machine. No sequence and no foreign key crosses residents, so the same
schema can be distributed by bucket.
"""

from alembic import op

from fhir_profiles.resource_types import NUMBER
from record_store.migrations import grants

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LEAVES = 8

VOCABULARY = """
create table resource_type (number smallint primary key, name text not null unique);
comment on table resource_type is 'FHIR R4 resource types by their number in every row';

create table dictionary (
  type smallint not null, version smallint not null, key smallint not null default 0,
  made timestamptz not null default now(), bytes bytea not null, primary key (type, version));
comment on table dictionary is 'zstd dictionaries, append-only: without them no body is readable';
comment on column dictionary.key is 'the envelope key of the bodies written with this version; 0: not encrypted';

create table token (
  id integer generated always as identity primary key,
  parameter text not null, system text not null, code text not null,
  count bigint not null default 0, unique (parameter, code, system));
comment on table token is 'the vocabulary: every (search parameter, system, code) that occurs, and on how many rows';

create table source (
  id smallint generated always as identity primary key,
  name text not null unique, organisation text not null, identifier_system text not null,
  zone text not null default 'Asia/Shanghai', charset text not null default 'gb18030',
  door text not null, feed_map text not null default '', strict boolean not null default false,
  credential text not null default '', active boolean not null default true);
comment on table source is 'registered senders; id 0 is never given and stands for the exchange itself';

create table rule_set (id smallint generated always as identity primary key, name text not null unique);

create table resident (
  id bigint primary key, bucket smallint not null, consent_epoch bigint not null default 0,
  patient uuid, state text not null default 'active', merged_into bigint, created timestamptz not null);
comment on table resident is 'the human; patient is the id of the exchange Patient';
"""

RECORD = """
create table resource (
  bucket smallint not null, type smallint not null, version integer not null,
  id uuid not null,
  resident_id bigint not null default 0,
  at timestamptz, until timestamptz,
  updated timestamptz not null,
  value double precision, number double precision,
  subject bigint, encounter bigint, message bigint,
  code integer, unit integer,
  labels integer not null default 0,
  source smallint not null default 0, rule_set smallint not null default 0,
  dictionary smallint not null,
  fhir_id text collate "C",
  tokens integer[],
  links bigint[],
  body bytea not null,
  primary key (bucket, id)
) partition by range (bucket);
comment on column resource.resident_id is '0: no resident';
comment on column resource.code is 'token of the primary code; the other tokens are in tokens';
comment on column resource.at is 'from here to until: the primary date; other dates are in date_index';
comment on column resource.value is 'the primary quantity in its canonical unit (a token), number as it was written';
comment on column resource.subject is 'low 63 bits of the id of the Patient that the resource names';
comment on column resource.encounter is 'low 63 bits of the id of its Encounter';
comment on column resource.links is 'digests (ids.link) of all references, for searches inside one resident';
comment on column resource.fhir_id is 'the logical id when a client chose one that is not a UUID of ours';
comment on column resource.message is 'the inbox row that made this version';

create table resource_history (
  bucket smallint not null, type smallint not null, version integer not null,
  id uuid not null,
  resident_id bigint not null default 0,
  at timestamptz, updated timestamptz not null,
  subject bigint, encounter bigint,
  labels integer not null default 0,
  source smallint not null default 0, rule_set smallint not null default 0,
  dictionary smallint not null,
  deleted boolean not null default false,
  message bigint,
  fhir_id text collate "C",
  body bytea,
  primary key (bucket, id, version)
) partition by range (bucket);
comment on table resource_history is 'old versions, and the tombstones of deleted resources (body null)';

create table identifier_index (
  bucket smallint not null, type smallint not null, value bigint not null, system integer not null, id uuid not null);
create index identifier_value on identifier_index (value);
create index identifier_id on identifier_index (id);

create table string_index (
  bucket smallint not null, parameter integer not null, value text collate "C" not null, id uuid not null);
create index string_value on string_index (parameter, value);
create index string_id on string_index (id);

create table date_index (
  bucket smallint not null, parameter integer not null, low timestamptz, high timestamptz, id uuid not null);
create index date_low on date_index (parameter, low);
create index date_id on date_index (id, parameter);

create table quantity_index (
  bucket smallint not null, parameter integer not null, unit integer not null,
  low double precision, high double precision, id uuid not null);
create index quantity_low on quantity_index (parameter, unit, low);
create index quantity_id on quantity_index (id, parameter);

create table reference_index (bucket smallint not null, link bigint not null, id uuid not null);
create index reference_link on reference_index (link, id, bucket);
comment on table reference_index is 'references that leave the resident: to practitioners, organisations, medicines';
"""

BACKFILL = """
create table backfill (
  name text primary key, bucket smallint not null, id uuid not null,
  started timestamptz not null, finished timestamptz);
comment on table backfill is 'how far runs over all resources have come, so that they resume';
"""

ARRIVAL = """
create table inbox (
  id bigint generated always as identity primary key,
  source smallint not null, door text not null, control_id text not null, digest bytea not null,
  patient_key text not null default '', received timestamptz not null,
  state text not null default 'waiting', attempts smallint not null default 0, due timestamptz not null,
  done timestamptz, issues jsonb, key smallint not null default 0, payload bytea not null,
  unique (source, control_id, digest),
  check (state in ('waiting', 'done', 'refused', 'failed')));
alter table inbox alter column payload set storage external;
create index inbox_due on inbox (due, id) where state = 'waiting';
create index inbox_order on inbox (source, patient_key, id) where state = 'waiting';
create index inbox_state on inbox (state, source, id) where state in ('refused', 'failed');
comment on table inbox is 'every message exactly as received (zstd), before its acknowledgement; the row is the job';

create table change (
  sequence bigint generated always as identity, at timestamptz not null,
  bucket smallint not null, type smallint not null, id uuid not null, version integer not null,
  resident_id bigint not null, action "char" not null, "transaction" xid8 not null default pg_current_xact_id(),
  primary key ("transaction", sequence));
comment on table change is 'the transactional change feed: c created, u updated, d deleted';
"""

PARTITIONED = ("resource", "resource_history")

# A search reads the pending list of the token index as a whole: a short one costs writers 1 µs a resource.
INDEXES = """
create index resource_resident on resource (resident_id, type, code, at);
create index resource_code_at on resource (code, at) where code is not null;
create index resource_code_value on resource (code, value) where value is not null;
create index resource_tokens on resource using gin (tokens) with (gin_pending_list_limit = 256);
create index resource_updated on resource using brin (updated);
create index resource_history_resident on resource_history (resident_id, updated);
"""


def upgrade() -> None:
    grants.roles()
    op.execute(VOCABULARY)
    types = ", ".join(f"({number}, '{name}')" for name, number in NUMBER.items())
    op.execute(f"insert into resource_type (number, name) values {types}")
    op.execute(RECORD)
    op.execute(ARRIVAL)
    op.execute(BACKFILL)
    width = 4096 // LEAVES
    for table in PARTITIONED:
        for leaf in range(LEAVES):
            name = f"{table}_{leaf:02d}"
            op.execute(
                f"create table {name} partition of {table} for values from ({leaf * width}) to ({(leaf + 1) * width})"
            )
            op.execute(f"alter table {name} alter column body set storage external")
    op.execute(INDEXES)
    grants.lookup("resource_type", "dictionary", "token", "rule_set")
    grants.application("source", "inbox", "resident", "backfill")
    grants.record(
        *("resource", "resource_history", "change"),
        *("identifier_index", "string_index", "date_index", "quantity_index", "reference_index"),
    )


def downgrade() -> None:
    raise RuntimeError("the record is never torn down by a migration")

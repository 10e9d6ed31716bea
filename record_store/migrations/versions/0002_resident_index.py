"""The resident index: one source's patients, their blocking keys, the history of links, the queue for people."""

from alembic import op

from record_store.migrations import grants

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEX = """
create table patient (
  id uuid primary key, source smallint not null, resident_id bigint not null,
  updated timestamptz not null, keys bigint[] not null, features bytea not null);
create index patient_resident on patient (resident_id);
comment on table patient is 'one source''s view of a resident; id is that of the source''s Patient';
comment on column patient.features is 'normalised features as JSON (record_store.matching_features.Features)';

create table patient_key (
  key bigint not null, patient uuid not null, primary key (key, patient));
comment on table patient_key is 'blocking keys: keyed digests of what two patients must share to be compared';

create table patient_apart (
  patient uuid not null, other uuid not null, by text not null, at timestamptz not null,
  primary key (patient, other), check (patient < other));
create index patient_apart_other on patient_apart (other);
comment on table patient_apart is 'pairs that a person said are not one resident; no rule links them again';

create table resident_merge (
  id uuid primary key, survivor bigint not null, retired bigint not null,
  reason text not null, by text not null, at timestamptz not null,
  undone timestamptz, undone_by text);
create index resident_merge_survivor on resident_merge (survivor);
create index resident_merge_retired on resident_merge (retired);

create table resident_merge_row (
  merge uuid not null, table_name text not null, key jsonb not null, primary key (merge, table_name, key));
comment on table resident_merge_row is
  'rows that a merge moved and that no patient of the retired resident claims, so that it can be undone exactly';

create table patient_link (
  id bigint generated always as identity primary key,
  patient uuid not null, resident_id bigint not null, previous bigint,
  reason text not null, score real not null default 0, evidence text[] not null default '{}',
  merge uuid, by text not null, at timestamptz not null);
create index patient_link_patient on patient_link (patient, id);
create index patient_link_merge on patient_link (merge) where merge is not null;
comment on table patient_link is 'every decision where a patient belongs; rows are only added';

create table review (
  id bigint generated always as identity primary key,
  patient uuid not null, resident_id bigint not null,
  reason text not null, score real not null, evidence text[] not null,
  state text not null default 'open', created timestamptz not null, decided timestamptz, decided_by text,
  check (state in ('open', 'accepted', 'rejected', 'settled')));
create unique index review_open on review (patient, resident_id) where state = 'open';
create index review_resident on review (resident_id) where state = 'open';
create index review_queue on review (id) where state = 'open';
comment on table review is 'patients and residents that may be one: a person decides';
"""


def upgrade() -> None:
    op.execute(INDEX)
    grants.record(
        *("patient", "patient_key", "patient_apart", "resident_merge", "resident_merge_row"),
        *("patient_link", "review"),
    )


def downgrade() -> None:
    raise RuntimeError("the resident index is never torn down by a migration")

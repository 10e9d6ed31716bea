"""Consent: cards, directives and their rules, grants, break-glass, notices, policy permits, and the sealed trace.

`resident` is the resident as it was when the row was written: merges of residents leave these rows alone (signed and
sealed things do not change), and readers follow `resident.merged_into`.
"""

from alembic import op

from record_store.migrations import grants

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DIRECTIVES = """
create table consent_directive (
  consent uuid not null, version integer not null, resident bigint not null,
  key text not null, state text not null, effective boolean not null,
  document bytea not null, signature text not null, card_serial text not null,
  recorded timestamptz not null, ended timestamptz,
  primary key (consent, version),
  check (state in ('active', 'superseded', 'withdrawn', 'document')));
create unique index consent_directive_one_active on consent_directive (resident, key) where state = 'active';
create index consent_directive_resident on consent_directive (resident, recorded);
comment on table consent_directive is 'every Consent as it was signed; a document has no effect and says so';

create table consent_rule (
  resident bigint not null, consent uuid not null, version integer not null,
  rank smallint not null, permit boolean not null, purposes integer not null, labels integer not null default 0,
  who_kind text not null default '', who text not null default '',
  record uuid, visit bigint, starts timestamptz, ends timestamptz,
  primary key (consent));
create index consent_rule_resident on consent_rule (resident);
create index consent_rule_this on consent_rule (resident) where rank = 6 and not permit;
comment on table consent_rule is 'active directives, compiled to masks; made in the transaction of the directive';

create table consent_state (
  resident bigint primary key, epoch bigint not null, seal bytea not null);
comment on column consent_state.seal is 'keyed digest over the resident''s rules and epoch: a changed or missing rule shows';

create table consent_clock (one boolean primary key default true check (one), sequence bigint not null);
insert into consent_clock (sequence) values (0);
comment on table consent_clock is 'goes up with every consent change in the region; bound into pages over many residents';
create index resource_notifiable on resource (type, at) where labels & 65536 <> 0;
comment on index resource_notifiable is 'what the statute lets the health authority see: consent.categories.Label.NOTIFIABLE';
create index resident_merged on resident (merged_into) where merged_into is not null;
"""

RELATIONS = """
create table card_grant (
  id bigint generated always as identity primary key,
  resident bigint not null, organisation text not null, subject text not null, card_serial text not null,
  granted timestamptz not null, until timestamptz not null, personal boolean not null default false);
create index card_grant_resident on card_grant (resident, organisation, until);
create index card_grant_organisation on card_grant (organisation, until);
comment on column card_grant.personal is 'good for the one person only (community agents), not for the institution';

create table emergency_access (
  id bigint generated always as identity primary key,
  resident bigint not null, subject text not null, display text not null, organisation text not null,
  department text not null, reason text not null, explanation text not null,
  opened timestamptz not null, until timestamptz not null,
  reviewed timestamptz, reviewer text, finding text);
create index emergency_access_resident on emergency_access (resident, subject, until);
create index emergency_access_subject on emergency_access (subject, until);
create index emergency_access_open on emergency_access (opened) where reviewed is null;
comment on table emergency_access is 'glass that was broken; rows without a review are the reviewers'' queue';

create table guardian (
  ward bigint not null, guardian bigint not null, evidence text not null, recorded_by text not null,
  starts timestamptz not null, ends timestamptz not null, primary key (ward, guardian));
comment on column guardian.ends is 'the ward''s fourteenth birthday at the latest';

create table policy_permit (
  id bigint generated always as identity primary key,
  role text not null, client_id text not null, reason text not null, granted_by text not null,
  granted timestamptz not null, until timestamptz not null);
comment on table policy_permit is 'exceptions of the region; demos alone have one, for their conformance client';

create table notice (
  id bigint generated always as identity primary key,
  resident bigint not null, at timestamptz not null, kind text not null,
  organisation text not null, display text not null, detail text not null, seen timestamptz);
create index notice_resident on notice (resident, at desc);

create table institution_known (
  resident bigint not null, organisation text not null, since timestamptz not null,
  primary key (resident, organisation));
comment on table institution_known is 'institutions that have looked before: the first look makes a notice';
"""

CARDS = """
create table card (
  serial text primary key, resident bigint not null, state text not null default 'active',
  certificate bytea not null, share bytea not null, verifier bytea not null, unblock bytea not null,
  attempts smallint not null, unblock_attempts smallint not null,
  issued timestamptz not null, ended timestamptz, last_attempt timestamptz,
  check (state in ('active', 'locked', 'revoked')));
create index card_resident on card (resident);

create table card_revocation_list (
  issuer text primary key, number bigint not null, der bytea not null, next_update timestamptz not null);

create table sign_in_challenge (
  nonce bytea primary key, browser bytea not null, origin text not null, issued timestamptz not null,
  until timestamptz not null);
comment on column sign_in_challenge.browser is 'digest of the browser session that asked';
"""

TRACE = """
create table audit_event (
  id bigint generated always as identity primary key,
  recorded timestamptz not null, action "char" not null, interaction text not null, outcome smallint not null,
  reason text not null, basis text not null, purpose text not null,
  subject text not null, role text not null, display text not null, organisation text not null,
  department text not null, client text not null, request text not null,
  resident bigint not null, residents bigint[], type smallint not null, target text not null,
  query text not null, count integer not null,
  check (action in ('C', 'R', 'U', 'D', 'E')), check (outcome in (0, 4, 8)));
create index audit_event_resident on audit_event (resident, recorded) where resident <> 0;
create index audit_event_residents on audit_event using gin (residents) where residents is not null;
create index audit_event_recorded on audit_event using brin (recorded);
comment on table audit_event is 'the trace: one line for each request and refusal; query holds names of parameters only';

create table audit_seal (
  number bigint primary key, at timestamptz not null, covered int8multirange not null, count integer not null,
  leaves bytea not null, root bytea not null, head bytea not null, signature bytea not null);
comment on table audit_seal is 'batches of the trace: leaf digests, Merkle root, hash chain, signature';
"""


def upgrade() -> None:
    op.execute(DIRECTIVES)
    op.execute(RELATIONS)
    op.execute(CARDS)
    op.execute(TRACE)
    grants.application(
        "consent_directive",
        "consent_rule",
        "consent_state",
        "consent_clock",
        "card_grant",
        "emergency_access",
    )
    grants.application("guardian", "policy_permit", "notice", "institution_known")
    op.execute(
        "grant select, insert, update, delete on card, card_revocation_list, sign_in_challenge to hie_app"
    )
    grants.append_only("audit_event", "audit_seal")


def downgrade() -> None:
    raise RuntimeError("the trace is never torn down by a migration")

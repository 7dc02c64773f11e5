"""Divisions, organisations, people, enterprises, members and posts, with row security."""

from alembic import op

from shared.database import row_security

revision = "0002"
down_revision = "0001"

DIVISIONS = """
create table divisions (
  code text not null, name text not null, full_name text not null, level smallint not null,
  parent_code text, path text collate "C" not null,
  constraint pk_divisions primary key (code),
  constraint fk_divisions_parent_code_divisions foreign key (parent_code)
    references divisions (code) deferrable initially deferred,
  constraint ck_divisions_level check (level between 1 and 5))"""

# A path is "0" for the root and four characters more for each level; entries of the directory
# that lie outside this register have "X" and their id, so that no subtree contains them.
ORGANISATIONS = """
create table organisations (
  id uuid not null, code text not null, name text not null,
  pinyin text not null default '', initials text not null default '',
  grams text[] not null default '{}',
  kind text not null, path text collate "C" not null, parent_id uuid,
  state text not null default 'active', approves_members boolean not null default false,
  external boolean not null default false, phone text, division_code text,
  enterprise_id uuid, carrier_kind text, founded_on date, dissolved_on date,
  children_made integer not null default 0, version integer not null default 1,
  constraint pk_organisations primary key (id),
  constraint uq_organisations_code unique (code),
  constraint uq_organisations_path unique (path),
  constraint fk_organisations_parent_id_organisations foreign key (parent_id)
    references organisations (id) deferrable initially deferred,
  constraint fk_organisations_division_code_divisions foreign key (division_code)
    references divisions (code),
  constraint ck_organisations_superior check (case when external
    then parent_id is null and starts_with(path, 'X')
    else starts_with(path, '0') and (parent_id is not null or path = '0') end),
  constraint ck_organisations_own_parent check (parent_id <> id),
  constraint ck_organisations_state check (state in ('active', 'dissolving', 'dissolved')))"""

AFFILIATIONS = """
create table affiliations (
  id uuid not null, org_id uuid not null, parent_id uuid not null,
  valid_from date not null, valid_to date, case_id uuid,
  constraint pk_affiliations primary key (id),
  constraint fk_affiliations_org_id_organisations foreign key (org_id)
    references organisations (id) deferrable initially deferred,
  constraint fk_affiliations_parent_id_organisations foreign key (parent_id)
    references organisations (id) deferrable initially deferred,
  constraint ck_affiliations_period check (valid_to >= valid_from))"""

DIRECT_CONTACTS = """
create table direct_contacts (
  id uuid not null, org_id uuid not null, superior_id uuid not null,
  valid_from date not null, valid_to date, case_id uuid,
  constraint pk_direct_contacts primary key (id),
  constraint fk_direct_contacts_org_id_organisations foreign key (org_id)
    references organisations (id),
  constraint fk_direct_contacts_superior_id_organisations foreign key (superior_id)
    references organisations (id),
  constraint ck_direct_contacts_period check (valid_to >= valid_from))"""

ENTERPRISES = """
create table enterprises (
  id uuid not null, credit_code text not null, name text collate "C" not null,
  pinyin text collate "C" not null default '', initials text collate "C" not null default '',
  staff_count integer not null default 0, above_scale boolean not null default false,
  operating_status text not null default 'operating', status_on date not null,
  division_code text, park text, market text, building text,
  union_since date, league_since date,
  org_id uuid not null, org_path text collate "C" not null, covering_org_id uuid,
  version integer not null default 1,
  constraint pk_enterprises primary key (id),
  constraint uq_enterprises_credit_code unique (credit_code),
  constraint fk_enterprises_org_id_organisations foreign key (org_id)
    references organisations (id),
  constraint fk_enterprises_covering_org_id_organisations foreign key (covering_org_id)
    references organisations (id),
  constraint fk_enterprises_division_code_divisions foreign key (division_code)
    references divisions (code),
  constraint ck_enterprises_staff_count check (staff_count >= 0),
  constraint ck_enterprises_operating_status
    check (operating_status in ('operating', 'suspended', 'closed')))"""

# home_path is the organisation that keeps the person: a member's own, else the one that
# entered them. The keys of the sealed columns live in another database.
PEOPLE = """
create table people (
  id uuid not null, name text collate "C" not null,
  pinyin text collate "C" not null default '', initials text collate "C" not null default '',
  id_number_sealed bytea, id_number_index bytea, id_number_masked text,
  phone_sealed bytea, phone_masked text, email_sealed bytea, email_masked text,
  home_org_id uuid not null, home_path text collate "C" not null,
  version integer not null default 1,
  constraint pk_people primary key (id),
  constraint uq_people_id_number_index unique (id_number_index),
  constraint fk_people_home_org_id_organisations foreign key (home_org_id)
    references organisations (id))"""

MEMBERS = """
create table members (
  id uuid not null, person_id uuid not null, standing text not null,
  state text not null default 'active', org_id uuid not null,
  org_path text collate "C" not null, joined_on date not null, full_on date,
  probation_ends_on date, dues_paid_to date, open_discipline boolean not null default false,
  version integer not null default 1,
  constraint pk_members primary key (id),
  constraint uq_members_person_id unique (person_id),
  constraint fk_members_person_id_people foreign key (person_id) references people (id),
  constraint fk_members_org_id_organisations foreign key (org_id) references organisations (id),
  constraint ck_members_standing check (standing in ('full', 'probationary')),
  constraint ck_members_state check (state in
    ('active', 'in_transit', 'transferred_out', 'left', 'died', 'removed')))"""

MEMBERSHIPS = """
create table memberships (
  id uuid not null, member_id uuid not null, person_id uuid not null, org_id uuid not null,
  org_path text collate "C" not null, valid_from date not null, valid_to date, case_id uuid,
  ended_as text,
  constraint pk_memberships primary key (id),
  constraint fk_memberships_member_id_members foreign key (member_id) references members (id),
  constraint fk_memberships_org_id_organisations foreign key (org_id)
    references organisations (id),
  constraint ck_memberships_period check (valid_to >= valid_from))"""

PARTICIPATIONS = """
create table participations (
  id uuid not null, member_id uuid not null, person_id uuid not null, org_id uuid not null,
  org_path text collate "C" not null, home_path text collate "C" not null,
  kind text not null, valid_from date not null, valid_to date, case_id uuid,
  constraint pk_participations primary key (id),
  constraint fk_participations_member_id_members foreign key (member_id) references members (id),
  constraint fk_participations_org_id_organisations foreign key (org_id)
    references organisations (id),
  constraint ck_participations_period check (valid_to >= valid_from))"""

TRANSITS = """
create table transits (
  id uuid not null, member_id uuid not null, person_id uuid not null,
  org_path text collate "C" not null, case_id uuid not null, to_org_id uuid not null,
  to_path text collate "C" not null, letter_id uuid, started_on date not null,
  ended_on date, reason text,
  constraint pk_transits primary key (id),
  constraint fk_transits_member_id_members foreign key (member_id) references members (id),
  constraint fk_transits_to_org_id_organisations foreign key (to_org_id)
    references organisations (id),
  constraint ck_transits_period check (ended_on >= started_on))"""

TERMS = """
create table terms (
  id uuid not null, org_id uuid not null, org_path text collate "C" not null,
  term_from date not null, term_to date not null, ended_on date, case_id uuid,
  constraint pk_terms primary key (id),
  constraint fk_terms_org_id_organisations foreign key (org_id) references organisations (id),
  constraint ck_terms_period check (term_to > term_from))"""

POSTS = """
create table posts (
  id uuid not null, org_id uuid not null, org_path text collate "C" not null,
  person_id uuid not null, post text not null, held_from date not null, held_to date,
  term_id uuid, case_id uuid, version integer not null default 1,
  constraint pk_posts primary key (id),
  constraint fk_posts_org_id_organisations foreign key (org_id) references organisations (id),
  constraint fk_posts_person_id_people foreign key (person_id) references people (id),
  constraint fk_posts_term_id_terms foreign key (term_id) references terms (id),
  constraint ck_posts_period check (held_to >= held_from))"""

INDEXES = """
create index ix_divisions_parent_code on divisions (parent_code, code)
create index ix_divisions_path on divisions (path)
create index ix_organisations_parent_id on organisations (parent_id, path)
create index ix_organisations_grams on organisations using gin (grams)
create index ix_organisations_initials on organisations (initials text_pattern_ops)
create index ix_organisations_pinyin on organisations (pinyin text_pattern_ops)
create index ix_organisations_approving on organisations (path) where approves_members
create unique index uq_affiliations_open on affiliations (org_id) where valid_to is null
create index ix_affiliations_parent_id on affiliations (parent_id, valid_from)
create index ix_affiliations_org_id on affiliations (org_id, valid_from)
create unique index uq_direct_contacts_open on direct_contacts (org_id, superior_id)
  where valid_to is null
create index ix_direct_contacts_superior_id on direct_contacts (superior_id)
create index ix_enterprises_org_path on enterprises (org_path, id)
create index ix_enterprises_name on enterprises (name)
create index ix_enterprises_covering_org_id on enterprises (covering_org_id)
create index ix_people_name on people (name)
create index ix_people_pinyin on people (pinyin)
create index ix_people_initials on people (initials)
create index ix_people_home_path on people (home_path, id)
create index ix_members_org_path on members (org_path, id)
create index ix_members_org_id on members (org_id)
create unique index uq_memberships_open on memberships (member_id) where valid_to is null
create index ix_memberships_member_id on memberships (member_id, valid_from)
create index ix_memberships_org_path on memberships (org_path, valid_from)
create unique index uq_participations_open on participations (member_id, org_id)
  where valid_to is null
create index ix_participations_org_path on participations (org_path, member_id)
create index ix_participations_person_id on participations (person_id)
create unique index uq_transits_open on transits (member_id) where ended_on is null
create index ix_transits_person_id on transits (person_id) where ended_on is null
create index ix_transits_case_id on transits (case_id)
create index ix_transits_to_path on transits (to_path) where ended_on is null
create unique index uq_terms_open on terms (org_id) where ended_on is null
create index ix_terms_term_to on terms (term_to) where ended_on is null
create unique index uq_posts_held on posts (org_id, person_id, post) where held_to is null
create index ix_posts_person_id on posts (person_id)
create index ix_posts_org_path on posts (org_path, id)"""

ENTERPRISE_OF_ORGANISATION = """
alter table organisations add constraint fk_organisations_enterprise_id_enterprises
  foreign key (enterprise_id) references enterprises (id) deferrable initially deferred"""

# The host of a participation and the receiver of a transfer see the member they deal with.
HOSTED = """exists (select 1 from participations p
  where p.person_id = {person} and p.valid_to is null and in_scope(p.org_path))"""
EXPECTED = """exists (select 1 from transits t
  where t.person_id = {person} and t.ended_on is null and in_scope(t.to_path))"""
HOLDS_POST = """exists (select 1 from posts h
  where h.person_id = people.id and h.held_to is null and in_scope(h.org_path))"""
OWN = "person_id = own_person()"
OF_SEEN_MEMBER = "exists (select 1 from members m where m.id = memberships.member_id)"

POLICIES = {
    "enterprises": "in_scope(org_path)",
    "people": (
        f"in_scope(home_path) or id = own_person() or {HOLDS_POST}"
        f" or {HOSTED.format(person='people.id')} or {EXPECTED.format(person='people.id')}"
    ),
    "members": (
        f"in_scope(org_path) or {OWN} or {EXPECTED.format(person='members.person_id')}"
        f" or {HOSTED.format(person='members.person_id')}"
    ),
    "memberships": f"in_scope(org_path) or {OWN} or {OF_SEEN_MEMBER}",
    "participations": f"in_scope(org_path) or in_scope(home_path) or {OWN}",
    "transits": f"in_scope(org_path) or in_scope(to_path) or {OWN}",
    "terms": "in_scope(org_path)",
    "posts": f"in_scope(org_path) or {OWN}",
}

TABLES = (
    DIVISIONS,
    ORGANISATIONS,
    AFFILIATIONS,
    DIRECT_CONTACTS,
    ENTERPRISES,
    PEOPLE,
    MEMBERS,
    MEMBERSHIPS,
    PARTICIPATIONS,
    TRANSITS,
    TERMS,
    POSTS,
    ENTERPRISE_OF_ORGANISATION,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for statement in INDEXES.replace("\n  ", " ").strip().splitlines():
        op.execute(statement)
    for table, condition in POLICIES.items():
        for statement in row_security(table, condition):
            op.execute(statement)

// Made from the .sql files in migrations/ by script/generate-migrations.ts.

export const migrations = [
  {
    id: 1,
    name: 'access',
    sql: `-- Who may do what to which object: relations of the schema that authz/schema.ts declares.
create schema authz;

create table authz.relation (
  object_type text not null,
  object_id text not null,
  relation text not null,
  subject_type text not null,
  -- \`*\`: every subject of the type.
  subject_id text not null,
  primary key (object_type, object_id, relation, subject_type, subject_id)
);
create index relation_by_subject on authz.relation (subject_type, subject_id, object_type, relation, object_id);

-- Every change of what people configure: who, when, and the row before and after it.
create schema audit;

create table audit.event (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  -- Id of a user, or the name of a part of the platform; what is changed by hand in the database is by \`database:ROLE\`.
  actor text not null,
  request_id text,
  entity text not null,
  entity_id text not null,
  action text not null check (action in ('insert', 'update', 'delete')),
  before jsonb,
  after jsonb
);
create index event_by_entity on audit.event (entity, entity_id, id desc);
create index event_by_actor on audit.event (actor, id desc);

-- Arguments of the trigger: the entity's name, the column or columns (with commas) that name it, and columns that are left out, such as ciphertext.
create function audit.note() returns trigger language plpgsql as $$
declare
  omitted text[] := coalesce(string_to_array(nullif(tg_argv[2], ''), ','), '{}');
  former jsonb := case when tg_op = 'INSERT' then null else to_jsonb(old) - omitted end;
  latter jsonb := case when tg_op = 'DELETE' then null else to_jsonb(new) - omitted end;
  current_row jsonb := case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
  entity_id text;
begin
  if tg_op = 'UPDATE' and to_jsonb(old) - 'updated_at' = to_jsonb(new) - 'updated_at' then
    return null;
  end if;
  select string_agg(current_row ->> key, '/' order by place) into entity_id
  from unnest(string_to_array(tg_argv[1], ',')) with ordinality as part (key, place);
  insert into audit.event (actor, request_id, entity, entity_id, action, before, after)
  values (
    coalesce(nullif(current_setting('millrace.actor', true), ''), 'database:' || current_user),
    nullif(current_setting('millrace.request_id', true), ''),
    tg_argv[0], entity_id, lower(tg_op), former, latter
  );
  return null;
end
$$;

-- \`select audit.watch('common.project', 'project', 'id')\` notes every change of a table from then on.
create function audit.watch(watched regclass, entity text, key text, omitted text default '') returns void language plpgsql as $$
begin
  execute format(
    'create trigger audited after insert or update or delete on %s for each row execute function audit.note(%L, %L, %L)',
    watched, entity, key, omitted
  );
end
$$;

-- As a trigger before updates: the time of the last change, cut to milliseconds as clients see it.
create function common.touch() returns trigger language plpgsql as $$
begin
  new.updated_at := greatest(date_trunc('milliseconds', clock_timestamp()), old.updated_at + interval '1 millisecond');
  return new;
end
$$;

select audit.watch('authz.relation', 'relation', 'object_type,object_id,relation,subject_type,subject_id');

-- What others are told about, in the order of its commits for each key; see events/.
create schema events;

create table events.event (
  id bigint generated always as identity primary key,
  type text not null,
  -- Events with the same key, such as those of one project, are sent in the order of their ids.
  key text not null,
  payload jsonb not null,
  request_id text,
  created_at timestamptz not null default clock_timestamp()
);
`,
  },
  {
    id: 2,
    name: 'people-and-projects',
    sql: `create schema users;

create table users."user" (
  -- \`sub\` of the issuer.
  id text primary key,
  email text,
  first_name text,
  last_name text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default date_trunc('milliseconds', now())
);
create index user_by_email on users."user" (lower(email)) where email is not null;

create table users.preferences (
  user_id text primary key references users."user" on delete cascade,
  pinned_projects text[] not null default '{}'
);

create table common."group" (
  id text primary key,
  name text not null,
  description text,
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now())
);

create table common.namespace (
  -- Of a group's: the id of the group.
  id text primary key,
  slug text not null unique,
  user_id text unique references users."user" on delete cascade,
  group_id text unique references common."group" on delete cascade,
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  check (num_nonnulls(user_id, group_id) = 1),
  check (group_id is null or group_id = id)
);

-- Slugs that a namespace had before; a namespace that takes such a slug anew has precedence.
create table common.namespace_old (
  slug text primary key,
  namespace_id text not null references common.namespace on delete cascade,
  created_at timestamptz not null default now()
);
create index namespace_old_by_namespace on common.namespace_old (namespace_id);

create table common.project (
  id text primary key,
  namespace_id text not null references common.namespace on delete cascade,
  slug text not null,
  name text not null,
  description text,
  visibility text not null check (visibility in ('private', 'public')),
  keywords text[] not null default '{}',
  repositories text[] not null default '{}',
  documentation text,
  template_id text references common.project on delete set null,
  is_template boolean not null default false,
  secrets_mount_directory text not null default '/secrets',
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  unique (namespace_id, slug)
);
create index project_by_change on common.project (updated_at desc, id desc);
create index project_by_template on common.project (template_id) where template_id is not null;

-- Slugs that a project or a data connector had before, by the namespace it was in then.
create table common.entity_slug_old (
  entity text not null check (entity in ('project', 'data_connector')),
  -- Of a namespace or a project.
  parent_id text not null,
  slug text not null,
  entity_id text not null,
  created_at timestamptz not null default now(),
  primary key (entity, parent_id, slug)
);
create index entity_slug_old_by_entity on common.entity_slug_old (entity, entity_id);

create trigger touched before update on users."user" for each row execute function common.touch();
create trigger touched before update on common."group" for each row execute function common.touch();
create trigger touched before update on common.project for each row execute function common.touch();

select audit.watch('users."user"', 'user', 'id');
select audit.watch('common."group"', 'group', 'id');
select audit.watch('common.namespace', 'namespace', 'id');
select audit.watch('common.project', 'project', 'id');
`,
  },
  {
    id: 3,
    name: 'tokens',
    sql: `create schema authentication;
`,
  },
  {
    id: 4,
    name: 'secrets',
    sql: `create schema secrets;
`,
  },
  {
    id: 5,
    name: 'data-connectors',
    sql: `create schema data_connectors;
`,
  },
  {
    id: 6,
    name: 'connected-services',
    sql: `create schema connected_services;
`,
  },
  {
    id: 7,
    name: 'compute',
    sql: `create schema compute;
`,
  },
  {
    id: 8,
    name: 'sessions',
    sql: `create schema sessions;
`,
  },
  {
    id: 9,
    name: 'platform',
    sql: `create schema platform;
`,
  },
  {
    id: 10,
    name: 'connections',
    sql: `create schema connections;
`,
  },
  {
    id: 11,
    name: 'pipelines',
    sql: `create schema pipelines;
`,
  },
  {
    id: 12,
    name: 'search',
    sql: `create schema search;
`,
  },
  {
    id: 13,
    name: 'jobs',
    sql: `create schema jobs;
`,
  },
]

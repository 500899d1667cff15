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
  primary key (object_type, object_id, relation, subject_type, subject_id),
  check (object_id not in ('', '*') and subject_id <> ''),
  -- Checked here too, because the evaluation reckons with it: no other relation is for everybody.
  check (subject_id <> '*' or relation in ('public_viewer', 'project_creator', 'group_creator'))
);
create index relation_by_subject on authz.relation (subject_type, subject_id, object_type, relation, object_id);

-- Until somebody says otherwise, everybody who signed in may create projects and groups.
insert into authz.relation (object_type, object_id, relation, subject_type, subject_id) values
  ('platform', 'renku', 'project_creator', 'user', '*'),
  ('platform', 'renku', 'group_creator', 'user', '*');

-- Every change of what people configure: who, when, and the row before and after it. And who read a secret.
create schema audit;

create table audit.event (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  -- Id of a user, or the name of a part of the platform; what is changed by hand in the database is by \`database:ROLE\`.
  actor text not null,
  request_id text,
  entity text not null,
  entity_id text not null,
  action text not null check (action in ('insert', 'update', 'delete', 'read')),
  before jsonb,
  after jsonb,
  -- What it belongs to, so that owners see it: \`project:ID\` and \`namespace:ID\`, before and after the change.
  scopes text[] not null
);
create index event_by_entity on audit.event (entity, entity_id, id desc);
create index event_by_actor on audit.event (actor, id desc);
create index event_by_scope on audit.event using gin (scopes);

-- Of a row as it was or is; what is in a project is in the namespace of that as well.
create function audit.scopes(entity text, audited jsonb) returns setof text language plpgsql stable as $$
begin
  return query
  with project as (
    select case
      when entity = 'project' then audited ->> 'id'
      when entity = 'relation' then case when audited ->> 'object_type' = 'project' then audited ->> 'object_id' end
      else audited ->> 'project_id'
    end as id
  )
  select 'project:' || id from project where id is not null
  union
  select 'namespace:' || p.namespace_id from project join common.project p using (id)
  union
  select 'namespace:' || namespace.id
  from unnest(array[
    audited ->> 'namespace_id',
    case when entity in ('group', 'namespace') then audited ->> 'id' end,
    case when audited ->> 'object_type' in ('group', 'user_namespace') then audited ->> 'object_id' end,
    case when audited ->> 'subject_type' in ('group', 'user_namespace') then audited ->> 'subject_id' end
  ]) as namespace (id)
  where namespace.id is not null;
end
$$;

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
  insert into audit.event (actor, request_id, entity, entity_id, action, before, after, scopes)
  values (
    coalesce(nullif(current_setting('millrace.actor', true), ''), 'database:' || current_user),
    nullif(current_setting('millrace.request_id', true), ''),
    tg_argv[0], entity_id, lower(tg_op), former, latter,
    array(select audit.scopes(tg_argv[0], former) union select audit.scopes(tg_argv[0], latter))
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
  created_at timestamptz not null default clock_timestamp(),
  -- Receivers that have it, while another one lacks it.
  sent_to text[] not null default '{}',
  -- Failures of this event alone, such as a payload that does not fit its schema; those after it with the same key wait.
  attempts integer not null default 0,
  last_error text,
  available_at timestamptz not null default clock_timestamp()
);
create index event_by_key on events.event (key, id);
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
select audit.watch('users.preferences', 'preferences', 'user_id');

-- What is gone has no former slugs: a link to one must not lead to nothing, nor keep others from the slug.
create function common.forget_project_slugs() returns trigger language plpgsql as $$
begin
  delete from common.entity_slug_old where entity = 'project' and entity_id = old.id;
  return null;
end
$$;
create trigger forgotten after delete on common.project for each row execute function common.forget_project_slugs();
`,
  },
  {
    id: 3,
    name: 'tokens',
    sql: `create schema authentication;

-- Tokens that people make for their programs. A revoked one is gone; the audit log knows of it.
create table authentication.personal_token (
  id text primary key,
  user_id text not null references users."user" on delete cascade,
  name text not null,
  scopes text[] not null,
  sha256 bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index personal_token_by_user on authentication.personal_token (user_id, id desc);

-- Apart from the tokens, because using one is no change of it.
create table authentication.personal_token_use (
  token_id text primary key references authentication.personal_token on delete cascade,
  last_used_at timestamptz not null default now()
);

-- Browsers that are signed in, by the hash of their cookie.
create table authentication.session (
  sha256 bytea primary key,
  -- Null: the administrator of the platform, who is no user.
  user_id text references users."user" on delete cascade,
  is_admin boolean not null,
  -- Of the issuer, encrypted; null when it gave none.
  refresh_token text,
  -- When the issuer is to be asked again, and until when it said that the user is who it is.
  renew_at timestamptz,
  confirmed_until timestamptz,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index session_by_user on authentication.session (user_id) where user_id is not null;
create index session_by_expiry on authentication.session (expires_at);

-- Sign-ins that are under way at the issuer.
create table authentication.sign_in (
  state_sha256 bytea primary key,
  -- Of the cookie of the browser that began it: nobody else may end it.
  browser_sha256 bytea not null,
  verifier text not null,
  nonce text not null,
  next text not null,
  expires_at timestamptz not null
);

-- Links that sign the administrator in, once each.
create table authentication.sign_in_link (
  sha256 bytea primary key,
  expires_at timestamptz not null
);

-- Sign-ins that commands began, which wait for a person to confirm them in a browser.
create table authentication.cli_sign_in (
  -- Of what the command asks for its token with.
  device_sha256 bytea primary key,
  -- Of the code that the person sees at both places.
  code_sha256 bytea not null unique,
  name text not null,
  scopes text[] not null,
  -- Who allowed it.
  user_id text references users."user" on delete cascade,
  is_denied boolean not null default false,
  expires_at timestamptz not null
);
create index cli_sign_in_by_expiry on authentication.cli_sign_in (expires_at);

select audit.watch('authentication.personal_token', 'personal_token', 'id', 'sha256');
`,
  },
  {
    id: 4,
    name: 'secrets',
    sql: `create schema secrets;

-- Key of the inner layer of an owner's secrets, encrypted with the master key.
create table secrets.owner_key (
  -- \`user:ID\`, \`project:ID\`, \`namespace:ID\` or \`platform\`.
  owner text primary key,
  encrypted_key text not null,
  master_key_id text not null,
  created_at timestamptz not null default now()
);

-- Every value that is sealed, once. It is never changed, only wrapped anew by the secrets service; a new value is a new row.
create table secrets.sealed (
  id text primary key,
  owner text not null references secrets.owner_key,
  -- In the key of the outer layer, which \`encrypted_key\` holds for the private key that \`key_id\` names.
  outer_text text not null,
  encrypted_key bytea not null,
  key_id text not null,
  created_at timestamptz not null default now()
);
create index sealed_by_owner on secrets.sealed (owner);
create index sealed_by_key on secrets.sealed (key_id, id);

-- As a trigger of a table with a column of ids of sealed values: those that no row names any more are gone.
create function secrets.drop_sealed() returns trigger language plpgsql as $$
declare
  dropped text := to_jsonb(old) ->> tg_argv[0];
begin
  if tg_op = 'DELETE' or to_jsonb(new) ->> tg_argv[0] is distinct from dropped then
    delete from secrets.sealed where id = dropped;
  end if;
  return null;
end
$$;

-- \`select secrets.holds_sealed('secrets.user_secret', 'sealed_id')\`: the column names sealed values of that table alone.
create function secrets.holds_sealed(holder regclass, sealed_column text) returns void language plpgsql as $$
begin
  execute format('alter table %s add foreign key (%I) references secrets.sealed deferrable initially deferred', holder, sealed_column);
  execute format('create index on %s (%I)', holder, sealed_column);
  execute format(
    'create trigger sealed_values after delete or update of %I on %s for each row execute function secrets.drop_sealed(%L)',
    sealed_column, holder, sealed_column
  );
end
$$;

-- Deferred: what the owner had is gone with it, in whichever order.
create function secrets.forget_owner() returns trigger language plpgsql as $$
begin
  delete from secrets.sealed where owner = tg_argv[0] || ':' || old.id;
  delete from secrets.owner_key where owner = tg_argv[0] || ':' || old.id;
  return null;
end
$$;
create constraint trigger secrets_forgotten after delete on users."user"
  deferrable initially deferred for each row execute function secrets.forget_owner('user');
create constraint trigger secrets_forgotten after delete on common.project
  deferrable initially deferred for each row execute function secrets.forget_owner('project');
create constraint trigger secrets_forgotten after delete on common.namespace
  deferrable initially deferred for each row execute function secrets.forget_owner('namespace');

create table secrets.user_secret (
  id text primary key,
  user_id text not null references users."user" on delete cascade,
  name text not null,
  kind text not null check (kind in ('general', 'storage')),
  default_filename text not null,
  expiration_timestamp timestamptz,
  modification_date timestamptz not null default date_trunc('seconds', now()),
  sealed_id text not null,
  constraint user_secret_filename unique (user_id, default_filename)
);
select secrets.holds_sealed('secrets.user_secret', 'sealed_id');

create table secrets.session_secret_slot (
  id text primary key,
  project_id text not null references common.project on delete cascade,
  name text not null,
  description text,
  filename text not null,
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  constraint session_secret_slot_filename unique (project_id, filename)
);

create table secrets.session_secret (
  slot_id text not null references secrets.session_secret_slot on delete cascade,
  user_id text not null references users."user" on delete cascade,
  secret_id text not null references secrets.user_secret on delete cascade,
  primary key (slot_id, user_id)
);
create index session_secret_by_secret on secrets.session_secret (secret_id);

-- What tasks ask for by name: those of a project, of all projects of a namespace, or with neither all of the platform.
create table secrets.task_secret (
  id text primary key,
  project_id text references common.project on delete cascade,
  namespace_id text references common.namespace on delete cascade,
  name text not null,
  description text,
  expires_at timestamptz,
  created_by text not null,
  created_at timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  store text not null check (store in ('sealed', 'aws-secrets-manager')),
  sealed_id text,
  -- Name of the value in a store elsewhere.
  external_id text,
  check (num_nonnulls(project_id, namespace_id) <= 1),
  check ((store = 'sealed') = (sealed_id is not null)),
  check ((store = 'sealed') = (external_id is null))
);
create unique index task_secret_of_project on secrets.task_secret (project_id, name) where project_id is not null;
create unique index task_secret_of_platform on secrets.task_secret (name) where project_id is null and namespace_id is null;
create unique index task_secret_of_namespace on secrets.task_secret (namespace_id, name) where namespace_id is not null;
select secrets.holds_sealed('secrets.task_secret', 'sealed_id');

-- Values in stores elsewhere whose secret is gone; a job removes them there.
create table secrets.external_removal (
  external_id text primary key,
  store text not null,
  removed_at timestamptz not null default now()
);
create function secrets.remove_external() returns trigger language plpgsql as $$
begin
  if old.external_id is not null and (tg_op = 'DELETE' or new.external_id is distinct from old.external_id) then
    insert into secrets.external_removal (external_id, store) values (old.external_id, old.store) on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger external_value after delete or update of external_id on secrets.task_secret
  for each row execute function secrets.remove_external();

create trigger touched before update on secrets.session_secret_slot for each row execute function common.touch();
create trigger touched before update on secrets.task_secret for each row execute function common.touch();

select audit.watch('secrets.user_secret', 'user_secret', 'id');
select audit.watch('secrets.session_secret_slot', 'session_secret_slot', 'id');
select audit.watch('secrets.session_secret', 'session_secret', 'slot_id,user_id');
select audit.watch('secrets.task_secret', 'task_secret', 'id');
`,
  },
  {
    id: 5,
    name: 'data-connectors',
    sql: `create schema data_connectors;

-- Sensitive options never stand in a configuration: the value is \`<sensitive>\`, and every user keeps an own one as a secret.
create table data_connectors.data_connector (
  id text primary key,
  -- In a namespace, in a project, or global with neither.
  namespace_id text references common.namespace on delete cascade,
  project_id text references common.project on delete cascade,
  slug text not null,
  name text not null,
  description text,
  visibility text not null check (visibility in ('private', 'public')),
  keywords text[] not null default '{}',
  storage_type text not null,
  configuration jsonb not null,
  source_path text not null,
  target_path text not null,
  readonly boolean not null default true,
  -- Of what others published: as text, in lower case.
  doi text,
  publisher_name text,
  publisher_url text,
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  check (num_nonnulls(namespace_id, project_id) <= 1)
);
create unique index data_connector_in_namespace on data_connectors.data_connector (namespace_id, slug) where namespace_id is not null;
create unique index data_connector_in_project on data_connectors.data_connector (project_id, slug) where project_id is not null;
create unique index data_connector_global on data_connectors.data_connector (slug) where namespace_id is null and project_id is null;
create unique index data_connector_global_doi on data_connectors.data_connector (doi) where namespace_id is null and project_id is null;
create index data_connector_by_doi on data_connectors.data_connector (doi) where doi is not null;

-- Shows the data of a connector in a project. Who reads the project does not read the connector by it.
create table data_connectors.project_link (
  id text primary key,
  data_connector_id text not null references data_connectors.data_connector on delete cascade,
  project_id text not null references common.project on delete cascade,
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  constraint project_link_once unique (data_connector_id, project_id)
);
create index project_link_by_project on data_connectors.project_link (project_id);

-- The value that a user has for a sensitive option.
create table data_connectors.user_value (
  data_connector_id text not null references data_connectors.data_connector on delete cascade,
  user_id text not null references users."user" on delete cascade,
  -- Of the option.
  name text not null,
  secret_id text not null references secrets.user_secret on delete cascade,
  primary key (data_connector_id, user_id, name)
);
create index user_value_by_secret on data_connectors.user_value (secret_id);

-- The first generation: storage that belongs to one project and has no address of its own.
create table data_connectors.cloud_storage (
  id text primary key,
  project_id text not null references common.project on delete cascade,
  name text not null,
  storage_type text not null,
  configuration jsonb not null,
  source_path text not null,
  target_path text not null,
  readonly boolean not null default true,
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  constraint cloud_storage_name unique (project_id, name)
);

create trigger touched before update on data_connectors.data_connector for each row execute function common.touch();
create trigger touched before update on data_connectors.cloud_storage for each row execute function common.touch();

-- Slugs that it had are free again for others.
create function data_connectors.forget_old_slugs() returns trigger language plpgsql as $$
begin
  delete from common.entity_slug_old where entity = 'data_connector' and entity_id = old.id;
  return null;
end
$$;
create trigger old_slugs_forgotten after delete on data_connectors.data_connector
  for each row execute function data_connectors.forget_old_slugs();

select audit.watch('data_connectors.data_connector', 'data_connector', 'id');
select audit.watch('data_connectors.project_link', 'data_connector_link', 'id');
select audit.watch('data_connectors.user_value', 'data_connector_secret', 'data_connector_id,user_id,name');
select audit.watch('data_connectors.cloud_storage', 'cloud_storage', 'id');
`,
  },
  {
    id: 6,
    name: 'connected-services',
    sql: `create schema connected_services;

create table connected_services.provider (
  id text primary key,
  kind text not null check (kind in ('gitlab', 'github', 'google', 'dropbox', 'zenodo', 'generic_oidc')),
  app_slug text not null default '',
  client_id text not null,
  -- Encrypted under \`created_by\`.
  client_secret text,
  display_name text not null,
  scope text not null,
  url text not null,
  use_pkce boolean not null default false,
  image_registry_url text,
  oidc_issuer_url text,
  -- No reference: the secret is encrypted under it, whoever leaves.
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  check ((kind = 'generic_oidc') = (oidc_issuer_url is not null))
);

create table connected_services.connection (
  id text primary key,
  user_id text not null references users."user" on delete cascade,
  provider_id text not null references connected_services.provider on delete cascade,
  status text not null check (status in ('pending', 'connected')),
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  unique (user_id, provider_id)
);
create index connection_by_provider on connected_services.connection (provider_id);

-- A user on the way to a provider and back. The row is gone when the state was used.
create table connected_services.authorization_request (
  -- SHA-256: who reads this table cannot finish what others began.
  state_hash bytea primary key,
  connection_id text not null unique references connected_services.connection on delete cascade,
  -- Good once, and only together with the code that comes back; null where the provider takes no PKCE.
  code_verifier text,
  callback_url text not null,
  next_url text,
  created_at timestamptz not null default now()
);
create index authorization_request_by_age on connected_services.authorization_request (created_at);

-- Apart from the connection, so that the audit log is not told of every refresh.
create table connected_services.token (
  connection_id text primary key references connected_services.connection on delete cascade,
  -- JSON as the provider sent it, encrypted under the user.
  ciphertext text not null,
  -- Null: the provider named no end.
  expires_at timestamptz,
  updated_at timestamptz not null default now()
);

create trigger touched before update on connected_services.provider for each row execute function common.touch();
create trigger touched before update on connected_services.connection for each row execute function common.touch();

select audit.watch('connected_services.provider', 'oauth_provider', 'id', 'client_secret');
select audit.watch('connected_services.connection', 'oauth_connection', 'id');
`,
  },
  {
    id: 7,
    name: 'compute',
    sql: `create schema compute;

create table compute.quota (
  id text primary key,
  cpu double precision not null check (cpu > 0),
  -- Gigabytes.
  memory bigint not null check (memory > 0),
  gpu bigint not null check (gpu >= 0)
);

create table compute.pool (
  id integer generated always as identity primary key,
  name text not null,
  public boolean not null,
  "default" boolean not null,
  -- What the store of quotas knows the pool's by.
  quota_id text unique,
  remote jsonb,
  -- Seconds; null: no threshold.
  idle_threshold integer check (idle_threshold > 0),
  hibernation_threshold integer check (hibernation_threshold > 0),
  hibernation_warning_period integer check (hibernation_warning_period > 0),
  platform text not null check (platform in ('linux/amd64', 'linux/arm64')),
  cpu_limit_factor double precision,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  check (not "default" or (public and quota_id is null and remote is null)),
  check (remote is null or not public),
  check (hibernation_warning_period < hibernation_threshold)
);
create unique index one_default_pool on compute.pool ("default") where "default";

create table compute.class (
  id integer generated always as identity primary key,
  pool_id integer not null references compute.pool on delete cascade,
  name text not null,
  cpu double precision not null check (cpu > 0),
  -- Gigabytes, as the storage.
  memory bigint not null check (memory > 0),
  gpu bigint not null check (gpu >= 0),
  max_storage bigint not null check (max_storage > 0),
  default_storage bigint not null check (default_storage > 0),
  "default" boolean not null,
  quota_enforced boolean not null,
  tolerations text[] not null default '{}',
  -- [{ key, required_during_scheduling }]
  node_affinities jsonb not null default '[]',
  check (default_storage <= max_storage)
);
create index class_by_pool on compute.class (pool_id);
create unique index one_default_class on compute.class (pool_id) where "default";

-- Who may use a pool beyond what its visibility says; each row stands for one relation.
create table compute.pool_member (
  pool_id integer not null references compute.pool on delete cascade,
  user_id text references users."user" on delete cascade,
  group_id text references common."group" on delete cascade,
  project_id text references common.project on delete cascade,
  role text not null,
  check (num_nonnulls(user_id, group_id, project_id) = 1),
  check (
    (user_id is not null and role in ('viewer', 'prohibited'))
    or (group_id is not null and role = 'group_viewer')
    or (project_id is not null and role = 'project_viewer')
  ),
  unique (pool_id, user_id),
  unique (pool_id, group_id),
  unique (pool_id, project_id)
);
create index pool_member_by_user on compute.pool_member (user_id) where user_id is not null;
create index pool_member_by_group on compute.pool_member (group_id) where group_id is not null;
create index pool_member_by_project on compute.pool_member (project_id) where project_id is not null;

create trigger touched before update on compute.pool for each row execute function common.touch();

select audit.watch('compute.quota', 'resource_quota', 'id');
select audit.watch('compute.pool', 'resource_pool', 'id');
select audit.watch('compute.class', 'resource_class', 'id');
`,
  },
  {
    id: 8,
    name: 'sessions',
    sql: `create schema sessions;

create table sessions.environment (
  id text primary key,
  -- A global one is for every project; a custom one belongs to one launcher and goes with it.
  kind text not null check (kind in ('GLOBAL', 'CUSTOM')),
  name text not null,
  description text,
  container_image text not null,
  default_url text not null,
  uid integer not null,
  gid integer not null,
  port integer not null,
  working_directory text,
  mount_directory text,
  command text[],
  args text[],
  is_archived boolean not null default false,
  strip_path_prefix boolean not null default false,
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now())
);
create index global_environment on sessions.environment (id) where kind = 'GLOBAL';

create table sessions.launcher (
  id text primary key,
  project_id text not null references common.project on delete cascade,
  name text not null,
  description text,
  environment_id text not null references sessions.environment,
  resource_class_id integer references compute.class on delete set null,
  -- Gigabytes.
  disk_storage bigint,
  -- [{ name, value }]
  env_variables jsonb not null default '[]',
  launcher_type text not null check (launcher_type in ('interactive', 'non-interactive')),
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now())
);
create index launcher_by_project on sessions.launcher (project_id, creation_date desc, id desc);
create index launcher_by_date on sessions.launcher (creation_date desc, id desc);
create index launcher_by_environment on sessions.launcher (environment_id);
create index launcher_by_class on sessions.launcher (resource_class_id) where resource_class_id is not null;

-- However a launcher goes, its custom environment goes with it.
create function sessions.remove_custom_environment() returns trigger language plpgsql as $$
begin
  delete from sessions.environment where id = old.environment_id and kind = 'CUSTOM';
  return null;
end
$$;
create trigger environment_left after delete on sessions.launcher
  for each row execute function sessions.remove_custom_environment();
create trigger environment_changed after update of environment_id on sessions.launcher
  for each row when (old.environment_id is distinct from new.environment_id) execute function sessions.remove_custom_environment();

create trigger touched before update on sessions.environment for each row execute function common.touch();
create trigger touched before update on sessions.launcher for each row execute function common.touch();

select audit.watch('sessions.environment', 'session_environment', 'id');
select audit.watch('sessions.launcher', 'session_launcher', 'id');
`,
  },
  {
    id: 9,
    name: 'platform',
    sql: `create schema platform;

-- One row each.
create table platform.config (
  id boolean primary key default true check (id),
  -- Markdown; empty: no incident.
  incident_banner text not null default '',
  updated_at timestamptz not null default date_trunc('milliseconds', now())
);
insert into platform.config default values;

-- What the wildcard relations of the platform stand for.
create table platform.authorization_config (
  id boolean primary key default true check (id),
  create_projects text not null default 'registered_users' check (create_projects in ('admins_only', 'registered_users')),
  create_groups text not null default 'registered_users' check (create_groups in ('admins_only', 'registered_users')),
  updated_at timestamptz not null default date_trunc('milliseconds', now())
);
insert into platform.authorization_config default values;

create table platform.redirect (
  source_url text primary key,
  target_url text not null,
  updated_at timestamptz not null default date_trunc('milliseconds', now())
);

create trigger touched before update on platform.config for each row execute function common.touch();
create trigger touched before update on platform.authorization_config for each row execute function common.touch();
create trigger touched before update on platform.redirect for each row execute function common.touch();

select audit.watch('platform.config', 'platform_config', 'id');
select audit.watch('platform.authorization_config', 'authorization_config', 'id');
select audit.watch('platform.redirect', 'redirect', 'source_url');
`,
  },
  {
    id: 10,
    name: 'connections',
    sql: `create schema connections;

-- Configurations of connectors by name: of a project, of all projects of a namespace, or with neither of the whole platform.
create table connections.connection (
  id text primary key,
  project_id text references common.project on delete cascade,
  namespace_id text references common.namespace on delete cascade,
  name text not null,
  connector text not null,
  description text,
  -- The settings that are no secrets.
  config jsonb not null,
  -- When a secret setting was last given or taken away.
  secrets_changed_at timestamptz,
  created_by text not null,
  created_at timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  check (num_nonnulls(project_id, namespace_id) <= 1)
);
create unique index connection_of_project on connections.connection (project_id, name) where project_id is not null;
create unique index connection_of_namespace on connections.connection (namespace_id, name) where namespace_id is not null;
create unique index connection_of_platform on connections.connection (name) where project_id is null and namespace_id is null;
create trigger touched before update on connections.connection for each row execute function common.touch();

-- Its secret settings, each sealed for the owner of the connection.
create table connections.secret_value (
  connection_id text not null references connections.connection on delete cascade,
  -- Of the setting.
  name text not null,
  sealed_id text not null,
  primary key (connection_id, name)
);
select secrets.holds_sealed('connections.secret_value', 'sealed_id');

-- Apart from what was used: using something does not change it.
create table connections.last_use (
  connection_id text primary key references connections.connection on delete cascade,
  used_at timestamptz not null
);
create table secrets.task_secret_use (
  secret_id text primary key references secrets.task_secret on delete cascade,
  used_at timestamptz not null
);

select audit.watch('connections.connection', 'connection', 'id');

select audit.watch('engine.pool', 'pool', 'name');
select audit.watch('engine.variable', 'variable', 'name');
select audit.watch('engine.project_variable', 'project variable', 'project_id,name');
`,
  },
  {
    id: 11,
    name: 'pipelines',
    sql: `-- Pipelines from configuration: records of a project that packages/pipelines compiles into workflows.
create schema pipelines;

create table pipelines.client (
  id text primary key,
  project_id text not null references common.project on delete cascade,
  name text not null,
  display_name text,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  last_actor text not null,
  unique (project_id, name),
  unique (project_id, id)
);

create table pipelines.brand (
  id text primary key,
  project_id text not null references common.project on delete cascade,
  client_id text not null,
  name text not null,
  display_name text,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  last_actor text not null,
  unique (client_id, name),
  unique (project_id, id),
  constraint brand_of_client foreign key (project_id, client_id) references pipelines.client (project_id, id)
);

create table pipelines.segment (
  id text primary key,
  project_id text not null references common.project on delete cascade,
  name text not null,
  display_name text,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  last_actor text not null,
  unique (project_id, name),
  unique (project_id, id)
);

create table pipelines.pipeline_type (
  id text primary key,
  project_id text not null references common.project on delete cascade,
  segment_id text,
  name text not null,
  display_name text,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  last_actor text not null,
  unique (project_id, name),
  unique (project_id, id),
  constraint pipeline_type_of_segment foreign key (project_id, segment_id) references pipelines.segment (project_id, id)
);
create index pipeline_type_by_segment on pipelines.pipeline_type (segment_id) where segment_id is not null;

create table pipelines.template (
  id text primary key,
  project_id text not null references common.project on delete cascade,
  name text not null,
  description text,
  -- Null: for every state.
  state text,
  operator text not null,
  config jsonb not null,
  -- {name: {datatype, description}}
  variable_structures jsonb not null,
  tags text[] not null default '{}',
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  last_actor text not null,
  unique (project_id, name),
  unique (project_id, id)
);

create table pipelines.pipeline (
  id text primary key,
  project_id text not null references common.project on delete cascade,
  brand_id text not null,
  pipeline_type_id text not null,
  name text not null,
  description text,
  is_active boolean not null,
  -- \`daily\`, or five fields of cron; null: by hand only.
  run_frequency text,
  -- Of the engine, for good, so that its runs stay together whatever the pipeline is renamed to.
  workflow text not null unique,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  last_actor text not null,
  unique (project_id, name),
  unique (project_id, id),
  constraint pipeline_of_brand foreign key (project_id, brand_id) references pipelines.brand (project_id, id),
  constraint pipeline_of_type foreign key (project_id, pipeline_type_id) references pipelines.pipeline_type (project_id, id)
);
create index pipeline_by_brand on pipelines.pipeline (brand_id);
create index pipeline_by_type on pipelines.pipeline (pipeline_type_id);

create table pipelines.transformation (
  id text primary key,
  project_id text not null,
  pipeline_id text not null,
  state text not null check (state in ('raw', 'ingest', 'master', 'enhance', 'enrich', 'metrics', 'dimensional')),
  template_id text not null,
  graph_order integer not null default 0,
  -- {name: text}, each text of the type that the template gives the name.
  variables jsonb not null default '{}',
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  last_actor text not null,
  foreign key (project_id, pipeline_id) references pipelines.pipeline (project_id, id) on delete cascade,
  constraint transformation_of_template foreign key (project_id, template_id) references pipelines.template (project_id, id)
);
create index transformation_by_pipeline on pipelines.transformation (pipeline_id);
create index transformation_by_template on pipelines.transformation (template_id);

-- A run of a pipeline that started. Stays when the engine removes the run: datasets speak of it.
create table pipelines.run_event (
  -- Of the engine's run.
  id bigint primary key,
  pipeline_id text not null references pipelines.pipeline on delete cascade,
  created_at timestamptz not null default date_trunc('milliseconds', now())
);
create index run_event_by_pipeline on pipelines.run_event (pipeline_id, id desc);

create function pipelines.note_run() returns trigger language plpgsql as $$
begin
  insert into pipelines.run_event (id, pipeline_id)
  select new.id, p.id
  from engine.workflow w join pipelines.pipeline p on p.workflow = w.name
  where w.id = new.workflow_id
  on conflict do nothing;
  return null;
end
$$;
create trigger pipeline_run_started after insert on engine.run
  for each row when (new.state = 'running') execute function pipelines.note_run();
create trigger pipeline_run_starts after update of state on engine.run
  for each row when (new.state = 'running') execute function pipelines.note_run();

-- A pipeline that is gone, also with its project, has no schedule and no new runs; those that exist go on.
create function pipelines.retire_workflow() returns trigger language plpgsql as $$
begin
  update engine.workflow set current_version_id = null, schedule_version_id = null, next_tick_at = null
  where name = old.workflow;
  return null;
end
$$;
create trigger retired after delete on pipelines.pipeline for each row execute function pipelines.retire_workflow();

-- With a project all of this goes, in an order in which nothing names what is gone.
create function pipelines.remove_with_project() returns trigger language plpgsql as $$
begin
  -- Who publishes pipelines of the project meanwhile would leave their workflows behind.
  perform pg_advisory_xact_lock(hashtextextended('pipelines of ' || old.id, 0));
  delete from pipelines.pipeline where project_id = old.id;
  delete from pipelines.template where project_id = old.id;
  delete from pipelines.brand where project_id = old.id;
  delete from pipelines.client where project_id = old.id;
  delete from pipelines.pipeline_type where project_id = old.id;
  delete from pipelines.segment where project_id = old.id;
  return old;
end
$$;
create trigger pipelines_removed before delete on common.project
  for each row execute function pipelines.remove_with_project();

-- Who made the row what it is. That a part of it was changed moves its time only.
create function pipelines.note_actor() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or to_jsonb(new) - 'updated_at' is distinct from to_jsonb(old) - 'updated_at' then
    new.last_actor := coalesce(nullif(current_setting('millrace.actor', true), ''), 'database:' || current_user);
  end if;
  return new;
end
$$;
create trigger actor_noted before insert or update on pipelines.client for each row execute function pipelines.note_actor();
create trigger actor_noted before insert or update on pipelines.brand for each row execute function pipelines.note_actor();
create trigger actor_noted before insert or update on pipelines.segment for each row execute function pipelines.note_actor();
create trigger actor_noted before insert or update on pipelines.pipeline_type for each row execute function pipelines.note_actor();
create trigger actor_noted before insert or update on pipelines.template for each row execute function pipelines.note_actor();
create trigger actor_noted before insert or update on pipelines.pipeline for each row execute function pipelines.note_actor();
create trigger actor_noted before insert or update on pipelines.transformation for each row execute function pipelines.note_actor();

create trigger touched before update on pipelines.client for each row execute function common.touch();
create trigger touched before update on pipelines.brand for each row execute function common.touch();
create trigger touched before update on pipelines.segment for each row execute function common.touch();
create trigger touched before update on pipelines.pipeline_type for each row execute function common.touch();
create trigger touched before update on pipelines.template for each row execute function common.touch();
create trigger touched before update on pipelines.pipeline for each row execute function common.touch();
create trigger touched before update on pipelines.transformation for each row execute function common.touch();

select audit.watch('pipelines.client', 'client', 'id', 'last_actor');
select audit.watch('pipelines.brand', 'brand', 'id', 'last_actor');
select audit.watch('pipelines.segment', 'segment', 'id', 'last_actor');
select audit.watch('pipelines.pipeline_type', 'pipeline_type', 'id', 'last_actor');
select audit.watch('pipelines.template', 'pipeline_template', 'id', 'last_actor');
select audit.watch('pipelines.pipeline', 'pipeline', 'id', 'last_actor');
select audit.watch('pipelines.transformation', 'transformation', 'id', 'last_actor');
`,
  },
  {
    id: 12,
    name: 'search',
    sql: `create schema search;

-- Words as they are looked for: in small letters, apart at everything that is no letter or digit.
create function search.words(text text) returns text language sql immutable strict parallel safe as $$
  select regexp_replace(lower(text collate "und-x-icu"), '[\\u0001-\\u002f\\u003a-\\u0060\\u007b-\\u00bf\\u2010-\\u206f]+', ' ', 'g')
$$;

-- In small letters.
create function search.fold(texts text[]) returns text[] language sql immutable strict parallel safe as $$
  select coalesce(array_agg(lower(text collate "und-x-icu") order by place), '{}') from unnest(texts) with ordinality as one (text, place)
$$;

-- The weights say where a word stands: A in the name, B in the slug, C in the keywords, D in the description.
create function search.document(name text, slug text, keywords text[], description text) returns tsvector
language sql immutable parallel safe as $$
  select setweight(to_tsvector('simple', search.words(coalesce(name, ''))), 'A')
    || setweight(to_tsvector('simple', search.words(coalesce(slug, ''))), 'B')
    || setweight(to_tsvector('simple', search.words(array_to_string(keywords, ' '))), 'C')
    || setweight(to_tsvector('simple', search.words(coalesce(description, ''))), 'D')
$$;

-- What can be found, without who may find it. Slugs of namespaces above are left out, so that a group is renamed in one row.
create view search.source as
select 'User' as type, u.id, null as namespace_id, null as project_id, n.slug,
  coalesce(nullif(concat_ws(' ', nullif(u.first_name, ''), nullif(u.last_name, '')), ''), n.slug) as name,
  true as is_public, '{}'::text[] as keywords, null as description, u.id as created_by, n.creation_date as created_at,
  null as doi, null as publisher_name
from users."user" u join common.namespace n on n.user_id = u.id
union all
select 'Group', g.id, null, null, n.slug, g.name, true, '{}', g.description, g.created_by, g.creation_date, null, null
from common."group" g join common.namespace n on n.group_id = g.id
union all
select 'Project', id, namespace_id, null, slug, name, visibility = 'public', keywords, description, created_by, creation_date, null, null
from common.project
union all
select 'DataConnector', id, namespace_id, project_id, slug, name, visibility = 'public', keywords, description, created_by,
  creation_date, doi, publisher_name
from data_connectors.data_connector;

create table search.entity (
  type text not null,
  id text not null,
  namespace_id text,
  project_id text,
  slug text not null,
  name text not null,
  is_public boolean not null,
  keywords text[] not null,
  description text,
  created_by text not null,
  created_at timestamptz not null,
  doi text,
  publisher_name text,
  -- As they are compared; the others are shown.
  folded_keywords text[] not null generated always as (search.fold(keywords)) stored,
  document tsvector not null generated always as (search.document(name, slug, keywords, description)) stored,
  primary key (type, id)
);
create index entity_by_document on search.entity using gin (document) with (fastupdate = off);
create index entity_by_keyword on search.entity using gin (folded_keywords) with (fastupdate = off);
create index entity_by_namespace on search.entity (namespace_id);
create index entity_by_project on search.entity (project_id) where project_id is not null;
create index entity_by_slug on search.entity (slug);
create index entity_by_id on search.entity (id);
create index entity_by_creator on search.entity (created_by);
create index entity_by_doi on search.entity (doi) where doi is not null;

create function search.refresh(entity_type text, entity_id text) returns void language sql as $$
  delete from search.entity where type = entity_type and id = entity_id;
  insert into search.entity select * from search.source where type = entity_type and id = entity_id;
$$;

-- In the transaction of the change: what is committed can be found. The argument is the type of the entity.
create function search.follow() returns trigger language plpgsql as $$
begin
  perform search.refresh(tg_argv[0], case when tg_op = 'DELETE' then old.id else new.id end);
  return null;
end
$$;
create trigger searched after insert or update or delete on users."user" for each row execute function search.follow('User');
create trigger searched after insert or update or delete on common."group" for each row execute function search.follow('Group');
create trigger searched after insert or update or delete on common.project for each row execute function search.follow('Project');
create trigger searched after insert or update or delete on data_connectors.data_connector for each row execute function search.follow('DataConnector');

create function search.follow_namespace() returns trigger language plpgsql as $$
begin
  if new.user_id is not null then
    perform search.refresh('User', new.user_id);
  else
    perform search.refresh('Group', new.group_id);
  end if;
  return null;
end
$$;
create trigger searched after insert or update on common.namespace for each row execute function search.follow_namespace();

-- At most one, which is the lock.
create table search.reprovisioning (
  the_only boolean primary key default true check (the_only),
  id text not null,
  started_by text not null,
  started_at timestamptz not null default now()
);
`,
  },
  {
    id: 13,
    name: 'jobs',
    sql: `create schema jobs;

create table jobs.job (
  name text primary key,
  -- A cron expression in UTC; null: only when somebody asks.
  schedule text,
  next_at timestamptz,
  -- Up to where a job that follows something else has come.
  state jsonb
);

create table jobs.run (
  id bigint generated always as identity primary key,
  job text not null references jobs.job on delete cascade,
  -- Id of a user, or null for the schedule.
  requested_by text,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'succeeded', 'failed')),
  -- Begun ones, so that a run that ends its server is counted too.
  attempt integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  available_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  ended_at timestamptz,
  -- While running: a server that does not renew it has died.
  lease_until timestamptz,
  summary jsonb,
  error text
);
create index run_by_job on jobs.run (job, id desc);
create index run_open on jobs.run (id) where state in ('waiting', 'running');
`,
  },
  {
    id: 14,
    name: 'project-tallies',
    sql: `-- How many projects there are: totals of lists read this instead of all projects. Exact in every snapshot, because it changes with them.
create table common.project_tally (
  id bigint generated always as identity primary key,
  -- \`*\`: all projects together. The rows of one add up, and each alone may be below zero: who finds one locked takes or makes
  -- another, so that changes at the same time do not wait for each other.
  namespace_id text not null,
  public bigint not null,
  private bigint not null
) with (fillfactor = 50);
create index project_tally_by_namespace on common.project_tally (namespace_id);

create function common.add_to_project_tally(counted text, more_public bigint, more_private bigint) returns void language plpgsql as $$
begin
  -- Removed in the same statement: whether its projects or the namespace itself come first here is not for us to say.
  if counted <> '*' and not exists (select from common.namespace where id = counted) then
    delete from common.project_tally where namespace_id = counted;
    return;
  end if;
  update common.project_tally
  set public = public + more_public, private = private + more_private
  where id = (select id from common.project_tally where namespace_id = counted limit 1 for update skip locked);
  if not found then
    insert into common.project_tally (namespace_id, public, private) values (counted, more_public, more_private);
  end if;
end
$$;

create function common.tally_projects() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform common.add_to_project_tally(coalesce(namespace_id, '*'), count(*) filter (where visibility = 'public'), count(*) filter (where visibility = 'private'))
    from after_change
    group by grouping sets (namespace_id, ());
  elsif tg_op = 'DELETE' then
    perform common.add_to_project_tally(coalesce(namespace_id, '*'), -count(*) filter (where visibility = 'public'), -count(*) filter (where visibility = 'private'))
    from before_change
    group by grouping sets (namespace_id, ());
  else
    perform common.add_to_project_tally(coalesce(namespace_id, '*'), public, private)
    from (
      select
        namespace_id,
        coalesce(sum(sign) filter (where visibility = 'public'), 0) as public,
        coalesce(sum(sign) filter (where visibility = 'private'), 0) as private
      from (
        select namespace_id, visibility, 1 as sign from after_change
        union all
        select namespace_id, visibility, -1 from before_change
      ) as change
      group by grouping sets (namespace_id, ())
    ) as added
    where public <> 0 or private <> 0;
  end if;
  return null;
end
$$;

create trigger tallied_insert after insert on common.project
  referencing new table as after_change for each statement execute function common.tally_projects();
create trigger tallied_update after update on common.project
  referencing old table as before_change new table as after_change for each statement execute function common.tally_projects();
create trigger tallied_delete after delete on common.project
  referencing old table as before_change for each statement execute function common.tally_projects();

create function common.forget_project_tally() returns trigger language plpgsql as $$
begin
  delete from common.project_tally where namespace_id in (select id from removed);
  return null;
end
$$;

create trigger tally_forgotten after delete on common.namespace
  referencing old table as removed for each statement execute function common.forget_project_tally();

-- Pages of lists: what is public, and what is private in one namespace, each by the last change.
create index project_public_by_change on common.project (updated_at desc, id desc) where visibility = 'public';
create index project_by_namespace_and_change on common.project (namespace_id, visibility, updated_at desc, id desc);
`,
  },
  {
    id: 15,
    name: 'audit-of-workflows',
    sql: `-- Workflows as people know them: what is deployed, moved, paused and taken from use. Ticks of the scheduler are nobody's change.
create function audit.workflow_as_known(workflow engine.workflow) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'id', workflow.id, 'name', workflow.name, 'project_id', workflow.project_id, 'paused', workflow.paused,
    'current_version', v.version
  )
  from engine.workflow_version v where v.id = workflow.current_version_id
$$;

-- A workflow without a current version is in use by nobody: for the log it is there from its first deployment until then.
create function audit.note_workflow() returns trigger language plpgsql as $$
declare
  former jsonb := case when tg_op = 'UPDATE' then audit.workflow_as_known(old) end;
  latter jsonb := audit.workflow_as_known(new);
begin
  if former is not distinct from latter then
    return null;
  end if;
  insert into audit.event (actor, request_id, entity, entity_id, action, before, after, scopes)
  values (
    coalesce(nullif(current_setting('millrace.actor', true), ''), 'database:' || current_user),
    nullif(current_setting('millrace.request_id', true), ''),
    'workflow', coalesce(former, latter) ->> 'name',
    case when former is null then 'insert' when latter is null then 'delete' else 'update' end,
    former, latter,
    array(select audit.scopes('workflow', former) union select audit.scopes('workflow', latter))
  );
  return null;
end
$$;

create trigger audited
  after insert or update of name, project_id, paused, current_version_id on engine.workflow
  for each row execute function audit.note_workflow();
`,
  },
  {
    id: 16,
    name: 'signed-in-browsers',
    sql: `-- Browsers that are signed in are listed for their owners, and ended by what they are called here.
-- The default is for sessions from before, and for a server of the former version that still runs beside this one.
alter table authentication.session
  add column id text not null default '0' || upper(left(replace(gen_random_uuid()::text, '-', ''), 25));
alter table authentication.session add unique (id);
-- What the browser said of itself, and the address that it came from, when it signed in.
alter table authentication.session add column user_agent text;
alter table authentication.session add column address text;
`,
  },
  {
    id: 17,
    name: 'audit-of-worker-tokens',
    sql: `-- Who lets workers in, and who refuses them from when on.
select audit.watch('engine.worker_token', 'worker_token', 'id', 'sha256');
`,
  },
]

create schema users;

create table users."user" (
  -- `sub` of the issuer.
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

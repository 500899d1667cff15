create schema sessions;

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

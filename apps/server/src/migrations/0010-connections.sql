create schema connections;

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

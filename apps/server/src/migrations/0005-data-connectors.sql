create schema data_connectors;

-- Sensitive options never stand in a configuration: the value is `<sensitive>`, and every user keeps an own one as a secret.
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

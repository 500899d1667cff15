create schema compute;

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

create schema platform;

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

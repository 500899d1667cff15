create schema jobs;

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

// Made from the .sql files in migrations/ by script/generate-migrations.ts.

export const migrations = [
  {
    id: 1,
    name: 'runs',
    sql: `create table engine.workflow (
  id bigint generated always as identity primary key,
  name text not null unique,
  paused boolean not null default false,
  current_version_id bigint,
  -- Of the schedule of schedule_version_id; null: it has no tick to come.
  next_tick_at timestamptz,
  -- The newest tick that has a run.
  last_tick_at timestamptz,
  -- Ticks up to here are dealt with: they have a run, or the catchup policy left them out. Null before the first look.
  ticked_up_to timestamptz,
  -- Whose schedule the scheduler has read; when it is not the current version's, it looks again.
  schedule_version_id bigint,
  schedule_changed_at timestamptz not null default now(),
  -- Why no run can be made at its ticks, for people.
  schedule_problem text,
  created_at timestamptz not null default now()
);
create index workflow_due on engine.workflow (next_tick_at) where next_tick_at is not null and not paused;
create index workflow_changed on engine.workflow (id)
  where schedule_version_id is distinct from current_version_id and not paused;

create table engine.workflow_version (
  id bigint generated always as identity primary key,
  workflow_id bigint not null references engine.workflow,
  version text not null,
  manifest jsonb not null,
  -- Of the manifest; a version that is deployed again has to be the same.
  manifest_sha256 text not null,
  package_sha256 text,
  created_at timestamptz not null default now(),
  unique (workflow_id, version)
);
alter table engine.workflow add foreign key (current_version_id) references engine.workflow_version;

create table engine.pool (
  name text primary key,
  slots integer not null check (slots >= 0),
  description text
);

create table engine.variable (
  name text primary key,
  value jsonb not null
);

create table engine.worker (
  id uuid primary key,
  name text not null,
  host text not null,
  pid integer not null,
  version text not null,
  queues text[] not null,
  slots integer not null,
  draining boolean not null default false,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  ended_at timestamptz
);

create table engine.worker_token (
  id bigint generated always as identity primary key,
  name text not null,
  sha256 bytea not null unique,
  queues text[],
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

create table engine.backfill (
  id bigint generated always as identity primary key,
  workflow_id bigint not null references engine.workflow,
  version_id bigint not null references engine.workflow_version,
  range_start timestamptz not null,
  range_end timestamptz not null,
  params jsonb not null default '{}',
  max_active_runs integer not null check (max_active_runs > 0),
  -- Ticks in the range.
  total integer not null,
  -- The newest tick that was dealt with; null before the first.
  created_up_to timestamptz,
  -- Of them: ticks without a run of this backfill, since they had one.
  skipped integer not null default 0,
  -- \`skip\`: a tick that has a run already gets none; \`again\`: every tick gets one.
  existing text not null default 'skip' check (existing in ('skip', 'again')),
  state text not null default 'running' check (state in ('running', 'paused', 'success', 'failed', 'cancelled')),
  -- Why it ended as it did, for people; null when the state says it all.
  reason text,
  created_at timestamptz not null default now(),
  ended_at timestamptz
);
create index backfill_running on engine.backfill (id) where state = 'running';
create index backfill_by_workflow on engine.backfill (workflow_id, id desc);
create index backfill_by_version on engine.backfill (version_id);

create table engine.run (
  id bigint generated always as identity primary key,
  workflow_id bigint not null references engine.workflow,
  version_id bigint not null references engine.workflow_version,
  state text not null check (state in ('queued', 'running', 'success', 'failed', 'cancelled')),
  -- Why it is as it is, for people; null when the state says it all.
  reason text,
  -- A second run of the workflow with the same key is the first one.
  key text not null,
  trigger text not null check (trigger in ('manual', 'schedule', 'backfill', 'workflow', 'test')),
  params jsonb not null,
  variables jsonb not null default '{}',
  logical_date timestamptz not null,
  data_interval_start timestamptz,
  data_interval_end timestamptz not null,
  priority integer not null default 0,
  backfill_id bigint references engine.backfill,
  parent_run_id bigint references engine.run on delete set null,
  traceparent text,
  -- Task runs that have not ended; the run ends with the last.
  open_tasks integer not null,
  failed_tasks integer not null default 0,
  -- It is to end, or ended, before its tasks do by themselves; when its time was over, as failed.
  cancelled boolean not null default false,
  timed_out boolean not null default false,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  deadline_at timestamptz,
  unique (workflow_id, key)
);
create index run_by_workflow on engine.run (workflow_id, id desc);
create index run_by_date on engine.run (workflow_id, logical_date);
create index run_active on engine.run (workflow_id, id) where state in ('queued', 'running');
create index run_running on engine.run (workflow_id) where state = 'running';
create index run_queued on engine.run (version_id, priority desc, id) where state = 'queued';
create index run_not_explained on engine.run (workflow_id) where state = 'queued' and reason is null;
create index run_deadline on engine.run (deadline_at) where state = 'running' and deadline_at is not null;
create index run_of_backfill on engine.run (backfill_id) where backfill_id is not null;
create index run_of_backfill_active on engine.run (backfill_id)
  where backfill_id is not null and state in ('queued', 'running');
create index run_ended on engine.run (ended_at) where ended_at is not null;
create index run_by_version on engine.run (version_id);
create index run_by_parent on engine.run (parent_run_id) where parent_run_id is not null;

-- The queue. A row is one node of a run, or one item of a mapped node; the row of a mapped node itself stands for its
-- items and is never claimed. The life of a row is told in runs/lifecycle.ts.
create table engine.task_run (
  id bigint generated always as identity primary key,
  run_id bigint not null references engine.run on delete cascade,
  -- Place of the node in the manifest of the run's version.
  node_index integer not null,
  -- Of an item.
  map_index integer,
  -- Of an item: the row of its node.
  parent_id bigint references engine.task_run on delete cascade,
  state text not null check (
    state in ('waiting', 'ready', 'running', 'expanded', 'success', 'failed', 'skipped', 'upstream_failed', 'cancelled')
  ),
  reason text,
  -- Direct upstreams that ended, by how; of an expanded row its items.
  up_success integer not null default 0,
  up_failed integer not null default 0,
  up_skipped integer not null default 0,
  items integer,
  item jsonb,
  queue text not null,
  priority integer not null default 0,
  pool text,
  pool_slots integer not null default 1,
  concurrency_key text,
  concurrency_limit integer not null default 1,
  -- Timeouts of the node that the scheduler watches, in seconds; see TaskOptions.timeouts.
  schedule_to_start double precision,
  start_to_close double precision,
  schedule_to_close double precision,
  -- Number of the attempt that runs or ran last; 0 before the first.
  attempt integer not null default 0,
  -- Failures that counted against \`retries\`, and lost workers, which have a limit of their own.
  failures integer not null default 0,
  losses integer not null default 0,
  ready_at timestamptz,
  first_ready_at timestamptz,
  run_at timestamptz,
  worker_id uuid,
  lease_until timestamptz,
  started_at timestamptz,
  heartbeat_at timestamptz,
  ended_at timestamptz,
  progress jsonb,
  -- Of a deferral.
  deferred jsonb,
  -- Why it is to stop, and since when.
  stop_reason text check (stop_reason in ('cancelled', 'timeout')),
  stop_requested_at timestamptz
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
create unique index task_run_place on engine.task_run (run_id, node_index, coalesce(map_index, -1));
-- Two queues: what can be taken as it comes, and what takes slots of a pool or of a key.
create index task_run_ready on engine.task_run (queue, priority desc, run_at, id)
  where state = 'ready' and pool is null and concurrency_key is null;
create index task_run_ready_limited on engine.task_run (queue, priority desc, run_at, id)
  where state = 'ready' and (pool is not null or concurrency_key is not null);
create index task_run_lease on engine.task_run (lease_until) where state = 'running';
create index task_run_timed on engine.task_run (state)
  where state in ('ready', 'running')
    and (schedule_to_start is not null or start_to_close is not null or schedule_to_close is not null);
create index task_run_worker on engine.task_run (worker_id) where state = 'running';
create index task_run_pool on engine.task_run (pool) where state = 'running' and pool is not null;
create index task_run_key on engine.task_run (concurrency_key) where state = 'running' and concurrency_key is not null;
create index task_run_parent on engine.task_run (parent_id, map_index) where parent_id is not null;

create table engine.attempt (
  task_run_id bigint not null references engine.task_run on delete cascade,
  attempt integer not null,
  -- Null when the engine itself ended it, for nobody took it in time.
  worker_id uuid,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  -- success, failed, skipped, deferred, lost, cancelled; null while it runs.
  outcome text,
  failure jsonb,
  log_bytes bigint not null default 0,
  metrics jsonb,
  primary key (task_run_id, attempt)
);

create table engine.task_output (
  task_run_id bigint primary key references engine.task_run on delete cascade,
  value jsonb,
  -- Key in the artifact store, when it is too large for a row.
  artifact text
);

create table engine.run_event (
  id bigint generated always as identity primary key,
  run_id bigint not null references engine.run on delete cascade,
  task_run_id bigint,
  at timestamptz not null default now(),
  kind text not null,
  data jsonb not null default '{}'
);
create index run_event_by_run on engine.run_event (run_id, id);
`,
  },
  {
    id: 2,
    name: 'projects',
    sql: `-- What the workflow belongs to, for whoever decides on access; null: to the platform itself. Known by its id only.
alter table engine.workflow add column project_id text;
-- When its project was removed: it is used no more, and goes with the last of its runs.
alter table engine.workflow add column removed_at timestamptz;
create index workflow_by_project on engine.workflow (project_id) where project_id is not null;

-- What runs of a project's workflows see instead of the platform's variables of the same name.
create table engine.project_variable (
  project_id text not null,
  name text not null,
  value jsonb not null,
  primary key (project_id, name)
);
`,
  },
  {
    id: 3,
    name: 'kept-progress',
    sql: `-- What the task told last, as of engine.task_run, which has only that of the attempt that runs or ran last.
alter table engine.attempt add column progress jsonb;
`,
  },
  {
    id: 4,
    name: 'deployers',
    sql: `-- Who deployed it first, for whoever knows people; null: the platform itself. Known by the id only.
alter table engine.workflow_version add column deployed_by text;
`,
  },
  {
    id: 5,
    name: 'scheduler-beats',
    sql: `-- Schedulers that run; each says now and then that it still looks at what is due.
create table engine.scheduler (
  id uuid primary key,
  host text not null,
  pid integer not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);
`,
  },
]

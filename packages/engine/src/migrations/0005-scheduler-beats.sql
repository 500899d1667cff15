-- Schedulers that run; each says now and then that it still looks at what is due.
create table engine.scheduler (
  id uuid primary key,
  host text not null,
  pid integer not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);

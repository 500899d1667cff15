-- Pipelines from configuration: records of a project that packages/pipelines compiles into workflows.
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
  -- `daily`, or five fields of cron; null: by hand only.
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

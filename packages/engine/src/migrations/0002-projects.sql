-- What the workflow belongs to, for whoever decides on access; null: to the platform itself. Known by its id only.
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

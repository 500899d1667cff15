-- What the workflow belongs to, for whoever decides on access; null: to the platform itself. Known by its id only.
alter table engine.workflow add column project_id text;
create index workflow_by_project on engine.workflow (project_id) where project_id is not null;

-- Who deployed it first, for whoever knows people; null: the platform itself. Known by the id only.
alter table engine.workflow_version add column deployed_by text;

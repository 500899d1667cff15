-- What the task told last, as of engine.task_run, which has only that of the attempt that runs or ran last.
alter table engine.attempt add column progress jsonb;

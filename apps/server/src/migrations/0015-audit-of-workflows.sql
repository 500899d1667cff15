-- Workflows as people know them: what is deployed, moved, paused and taken from use. Ticks of the scheduler are nobody's change.
create function audit.workflow_as_known(workflow engine.workflow) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'id', workflow.id, 'name', workflow.name, 'project_id', workflow.project_id, 'paused', workflow.paused,
    'current_version', v.version
  )
  from engine.workflow_version v where v.id = workflow.current_version_id
$$;

-- A workflow without a current version is in use by nobody: for the log it is there from its first deployment until then.
create function audit.note_workflow() returns trigger language plpgsql as $$
declare
  former jsonb := case when tg_op = 'UPDATE' then audit.workflow_as_known(old) end;
  latter jsonb := audit.workflow_as_known(new);
begin
  if former is not distinct from latter then
    return null;
  end if;
  insert into audit.event (actor, request_id, entity, entity_id, action, before, after, scopes)
  values (
    coalesce(nullif(current_setting('millrace.actor', true), ''), 'database:' || current_user),
    nullif(current_setting('millrace.request_id', true), ''),
    'workflow', coalesce(former, latter) ->> 'name',
    case when former is null then 'insert' when latter is null then 'delete' else 'update' end,
    former, latter,
    array(select audit.scopes('workflow', former) union select audit.scopes('workflow', latter))
  );
  return null;
end
$$;

create trigger audited
  after insert or update of name, project_id, paused, current_version_id on engine.workflow
  for each row execute function audit.note_workflow();

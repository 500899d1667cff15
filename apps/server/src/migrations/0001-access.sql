-- Who may do what to which object: relations of the schema that authz/schema.ts declares.
create schema authz;

create table authz.relation (
  object_type text not null,
  object_id text not null,
  relation text not null,
  subject_type text not null,
  -- `*`: every subject of the type.
  subject_id text not null,
  primary key (object_type, object_id, relation, subject_type, subject_id),
  check (object_id not in ('', '*') and subject_id <> ''),
  -- Checked here too, because the evaluation reckons with it: no other relation is for everybody.
  check (subject_id <> '*' or relation in ('public_viewer', 'project_creator', 'group_creator'))
);
create index relation_by_subject on authz.relation (subject_type, subject_id, object_type, relation, object_id);

-- Until somebody says otherwise, everybody who signed in may create projects and groups.
insert into authz.relation (object_type, object_id, relation, subject_type, subject_id) values
  ('platform', 'renku', 'project_creator', 'user', '*'),
  ('platform', 'renku', 'group_creator', 'user', '*');

-- Every change of what people configure: who, when, and the row before and after it. And who read a secret.
create schema audit;

create table audit.event (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  -- Id of a user, or the name of a part of the platform; what is changed by hand in the database is by `database:ROLE`.
  actor text not null,
  request_id text,
  entity text not null,
  entity_id text not null,
  action text not null check (action in ('insert', 'update', 'delete', 'read')),
  before jsonb,
  after jsonb,
  -- What it belongs to, so that owners see it: `project:ID` and `namespace:ID`, before and after the change.
  scopes text[] not null
);
create index event_by_entity on audit.event (entity, entity_id, id desc);
create index event_by_actor on audit.event (actor, id desc);
create index event_by_scope on audit.event using gin (scopes);

-- Of a row as it was or is; what is in a project is in the namespace of that as well.
create function audit.scopes(entity text, audited jsonb) returns setof text language plpgsql stable as $$
begin
  return query
  with project as (
    select case
      when entity = 'project' then audited ->> 'id'
      when entity = 'relation' then case when audited ->> 'object_type' = 'project' then audited ->> 'object_id' end
      else audited ->> 'project_id'
    end as id
  )
  select 'project:' || id from project where id is not null
  union
  select 'namespace:' || p.namespace_id from project join common.project p using (id)
  union
  select 'namespace:' || namespace.id
  from unnest(array[
    audited ->> 'namespace_id',
    case when entity in ('group', 'namespace') then audited ->> 'id' end,
    case when audited ->> 'object_type' in ('group', 'user_namespace') then audited ->> 'object_id' end,
    case when audited ->> 'subject_type' in ('group', 'user_namespace') then audited ->> 'subject_id' end
  ]) as namespace (id)
  where namespace.id is not null;
end
$$;

-- Arguments of the trigger: the entity's name, the column or columns (with commas) that name it, and columns that are left out, such as ciphertext.
create function audit.note() returns trigger language plpgsql as $$
declare
  omitted text[] := coalesce(string_to_array(nullif(tg_argv[2], ''), ','), '{}');
  former jsonb := case when tg_op = 'INSERT' then null else to_jsonb(old) - omitted end;
  latter jsonb := case when tg_op = 'DELETE' then null else to_jsonb(new) - omitted end;
  current_row jsonb := case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
  entity_id text;
begin
  if tg_op = 'UPDATE' and to_jsonb(old) - 'updated_at' = to_jsonb(new) - 'updated_at' then
    return null;
  end if;
  select string_agg(current_row ->> key, '/' order by place) into entity_id
  from unnest(string_to_array(tg_argv[1], ',')) with ordinality as part (key, place);
  insert into audit.event (actor, request_id, entity, entity_id, action, before, after, scopes)
  values (
    coalesce(nullif(current_setting('millrace.actor', true), ''), 'database:' || current_user),
    nullif(current_setting('millrace.request_id', true), ''),
    tg_argv[0], entity_id, lower(tg_op), former, latter,
    array(select audit.scopes(tg_argv[0], former) union select audit.scopes(tg_argv[0], latter))
  );
  return null;
end
$$;

-- `select audit.watch('common.project', 'project', 'id')` notes every change of a table from then on.
create function audit.watch(watched regclass, entity text, key text, omitted text default '') returns void language plpgsql as $$
begin
  execute format(
    'create trigger audited after insert or update or delete on %s for each row execute function audit.note(%L, %L, %L)',
    watched, entity, key, omitted
  );
end
$$;

-- As a trigger before updates: the time of the last change, cut to milliseconds as clients see it.
create function common.touch() returns trigger language plpgsql as $$
begin
  new.updated_at := greatest(date_trunc('milliseconds', clock_timestamp()), old.updated_at + interval '1 millisecond');
  return new;
end
$$;

select audit.watch('authz.relation', 'relation', 'object_type,object_id,relation,subject_type,subject_id');

-- What others are told about, in the order of its commits for each key; see events/.
create schema events;

create table events.event (
  id bigint generated always as identity primary key,
  type text not null,
  -- Events with the same key, such as those of one project, are sent in the order of their ids.
  key text not null,
  payload jsonb not null,
  request_id text,
  created_at timestamptz not null default clock_timestamp(),
  -- Receivers that have it, while another one lacks it.
  sent_to text[] not null default '{}',
  -- Failures of this event alone, such as a payload that does not fit its schema; those after it with the same key wait.
  attempts integer not null default 0,
  last_error text,
  available_at timestamptz not null default clock_timestamp()
);
create index event_by_key on events.event (key, id);

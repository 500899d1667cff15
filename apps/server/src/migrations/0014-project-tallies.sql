-- How many projects there are: totals of lists read this instead of all projects. Exact in every snapshot, because it changes with them.
create table common.project_tally (
  id bigint generated always as identity primary key,
  -- `*`: all projects together. The rows of one add up, and each alone may be below zero: who finds one locked takes or makes
  -- another, so that changes at the same time do not wait for each other.
  namespace_id text not null,
  public bigint not null,
  private bigint not null
) with (fillfactor = 50);
create index project_tally_by_namespace on common.project_tally (namespace_id);

create function common.add_to_project_tally(counted text, more_public bigint, more_private bigint) returns void language plpgsql as $$
begin
  -- Removed in the same statement: whether its projects or the namespace itself come first here is not for us to say.
  if counted <> '*' and not exists (select from common.namespace where id = counted) then
    delete from common.project_tally where namespace_id = counted;
    return;
  end if;
  update common.project_tally
  set public = public + more_public, private = private + more_private
  where id = (select id from common.project_tally where namespace_id = counted limit 1 for update skip locked);
  if not found then
    insert into common.project_tally (namespace_id, public, private) values (counted, more_public, more_private);
  end if;
end
$$;

create function common.tally_projects() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform common.add_to_project_tally(coalesce(namespace_id, '*'), count(*) filter (where visibility = 'public'), count(*) filter (where visibility = 'private'))
    from after_change
    group by grouping sets (namespace_id, ());
  elsif tg_op = 'DELETE' then
    perform common.add_to_project_tally(coalesce(namespace_id, '*'), -count(*) filter (where visibility = 'public'), -count(*) filter (where visibility = 'private'))
    from before_change
    group by grouping sets (namespace_id, ());
  else
    perform common.add_to_project_tally(coalesce(namespace_id, '*'), public, private)
    from (
      select
        namespace_id,
        coalesce(sum(sign) filter (where visibility = 'public'), 0) as public,
        coalesce(sum(sign) filter (where visibility = 'private'), 0) as private
      from (
        select namespace_id, visibility, 1 as sign from after_change
        union all
        select namespace_id, visibility, -1 from before_change
      ) as change
      group by grouping sets (namespace_id, ())
    ) as added
    where public <> 0 or private <> 0;
  end if;
  return null;
end
$$;

create trigger tallied_insert after insert on common.project
  referencing new table as after_change for each statement execute function common.tally_projects();
create trigger tallied_update after update on common.project
  referencing old table as before_change new table as after_change for each statement execute function common.tally_projects();
create trigger tallied_delete after delete on common.project
  referencing old table as before_change for each statement execute function common.tally_projects();

create function common.forget_project_tally() returns trigger language plpgsql as $$
begin
  delete from common.project_tally where namespace_id in (select id from removed);
  return null;
end
$$;

create trigger tally_forgotten after delete on common.namespace
  referencing old table as removed for each statement execute function common.forget_project_tally();

-- Pages of lists: what is public, and what is private in one namespace, each by the last change.
create index project_public_by_change on common.project (updated_at desc, id desc) where visibility = 'public';
create index project_by_namespace_and_change on common.project (namespace_id, visibility, updated_at desc, id desc);

create schema search;

-- Words as they are looked for: in small letters, apart at everything that is no letter or digit.
create function search.words(text text) returns text language sql immutable strict parallel safe as $$
  select regexp_replace(lower(text collate "und-x-icu"), '[\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u2010-\u206f]+', ' ', 'g')
$$;

-- In small letters.
create function search.fold(texts text[]) returns text[] language sql immutable strict parallel safe as $$
  select coalesce(array_agg(lower(text collate "und-x-icu") order by place), '{}') from unnest(texts) with ordinality as one (text, place)
$$;

-- The weights say where a word stands: A in the name, B in the slug, C in the keywords, D in the description.
create function search.document(name text, slug text, keywords text[], description text) returns tsvector
language sql immutable parallel safe as $$
  select setweight(to_tsvector('simple', search.words(coalesce(name, ''))), 'A')
    || setweight(to_tsvector('simple', search.words(coalesce(slug, ''))), 'B')
    || setweight(to_tsvector('simple', search.words(array_to_string(keywords, ' '))), 'C')
    || setweight(to_tsvector('simple', search.words(coalesce(description, ''))), 'D')
$$;

-- What can be found, without who may find it. Slugs of namespaces above are left out, so that a group is renamed in one row.
create view search.source as
select 'User' as type, u.id, null as namespace_id, null as project_id, n.slug,
  coalesce(nullif(concat_ws(' ', nullif(u.first_name, ''), nullif(u.last_name, '')), ''), n.slug) as name,
  true as is_public, '{}'::text[] as keywords, null as description, u.id as created_by, n.creation_date as created_at,
  null as doi, null as publisher_name
from users."user" u join common.namespace n on n.user_id = u.id
union all
select 'Group', g.id, null, null, n.slug, g.name, true, '{}', g.description, g.created_by, g.creation_date, null, null
from common."group" g join common.namespace n on n.group_id = g.id
union all
select 'Project', id, namespace_id, null, slug, name, visibility = 'public', keywords, description, created_by, creation_date, null, null
from common.project
union all
select 'DataConnector', id, namespace_id, project_id, slug, name, visibility = 'public', keywords, description, created_by,
  creation_date, doi, publisher_name
from data_connectors.data_connector;

create table search.entity (
  type text not null,
  id text not null,
  namespace_id text,
  project_id text,
  slug text not null,
  name text not null,
  is_public boolean not null,
  keywords text[] not null,
  description text,
  created_by text not null,
  created_at timestamptz not null,
  doi text,
  publisher_name text,
  -- As they are compared; the others are shown.
  folded_keywords text[] not null generated always as (search.fold(keywords)) stored,
  document tsvector not null generated always as (search.document(name, slug, keywords, description)) stored,
  primary key (type, id)
);
create index entity_by_document on search.entity using gin (document) with (fastupdate = off);
create index entity_by_keyword on search.entity using gin (folded_keywords) with (fastupdate = off);
create index entity_by_namespace on search.entity (namespace_id);
create index entity_by_project on search.entity (project_id) where project_id is not null;
create index entity_by_slug on search.entity (slug);
create index entity_by_id on search.entity (id);
create index entity_by_creator on search.entity (created_by);
create index entity_by_doi on search.entity (doi) where doi is not null;

create function search.refresh(entity_type text, entity_id text) returns void language sql as $$
  delete from search.entity where type = entity_type and id = entity_id;
  insert into search.entity select * from search.source where type = entity_type and id = entity_id;
$$;

-- In the transaction of the change: what is committed can be found. The argument is the type of the entity.
create function search.follow() returns trigger language plpgsql as $$
begin
  perform search.refresh(tg_argv[0], case when tg_op = 'DELETE' then old.id else new.id end);
  return null;
end
$$;
create trigger searched after insert or update or delete on users."user" for each row execute function search.follow('User');
create trigger searched after insert or update or delete on common."group" for each row execute function search.follow('Group');
create trigger searched after insert or update or delete on common.project for each row execute function search.follow('Project');
create trigger searched after insert or update or delete on data_connectors.data_connector for each row execute function search.follow('DataConnector');

create function search.follow_namespace() returns trigger language plpgsql as $$
begin
  if new.user_id is not null then
    perform search.refresh('User', new.user_id);
  else
    perform search.refresh('Group', new.group_id);
  end if;
  return null;
end
$$;
create trigger searched after insert or update on common.namespace for each row execute function search.follow_namespace();

-- At most one, which is the lock.
create table search.reprovisioning (
  the_only boolean primary key default true check (the_only),
  id text not null,
  started_by text not null,
  started_at timestamptz not null default now()
);

create schema secrets;

-- Key of the inner layer of an owner's secrets, encrypted with the master key.
create table secrets.owner_key (
  -- `user:ID`, `project:ID`, `namespace:ID` or `platform`.
  owner text primary key,
  encrypted_key text not null,
  master_key_id text not null,
  created_at timestamptz not null default now()
);

-- Every value that is sealed, once. It is never changed, only wrapped anew by the secrets service; a new value is a new row.
create table secrets.sealed (
  id text primary key,
  owner text not null references secrets.owner_key,
  -- In the key of the outer layer, which `encrypted_key` holds for the private key that `key_id` names.
  outer_text text not null,
  encrypted_key bytea not null,
  key_id text not null,
  created_at timestamptz not null default now()
);
create index sealed_by_owner on secrets.sealed (owner);
create index sealed_by_key on secrets.sealed (key_id, id);

-- As a trigger of a table with a column of ids of sealed values: those that no row names any more are gone.
create function secrets.drop_sealed() returns trigger language plpgsql as $$
declare
  dropped text := to_jsonb(old) ->> tg_argv[0];
begin
  if tg_op = 'DELETE' or to_jsonb(new) ->> tg_argv[0] is distinct from dropped then
    delete from secrets.sealed where id = dropped;
  end if;
  return null;
end
$$;

-- `select secrets.holds_sealed('secrets.user_secret', 'sealed_id')`: the column names sealed values of that table alone.
create function secrets.holds_sealed(holder regclass, sealed_column text) returns void language plpgsql as $$
begin
  execute format('alter table %s add foreign key (%I) references secrets.sealed deferrable initially deferred', holder, sealed_column);
  execute format('create index on %s (%I)', holder, sealed_column);
  execute format(
    'create trigger sealed_values after delete or update of %I on %s for each row execute function secrets.drop_sealed(%L)',
    sealed_column, holder, sealed_column
  );
end
$$;

-- Deferred: what the owner had is gone with it, in whichever order.
create function secrets.forget_owner() returns trigger language plpgsql as $$
begin
  delete from secrets.sealed where owner = tg_argv[0] || ':' || old.id;
  delete from secrets.owner_key where owner = tg_argv[0] || ':' || old.id;
  return null;
end
$$;
create constraint trigger secrets_forgotten after delete on users."user"
  deferrable initially deferred for each row execute function secrets.forget_owner('user');
create constraint trigger secrets_forgotten after delete on common.project
  deferrable initially deferred for each row execute function secrets.forget_owner('project');
create constraint trigger secrets_forgotten after delete on common.namespace
  deferrable initially deferred for each row execute function secrets.forget_owner('namespace');

create table secrets.user_secret (
  id text primary key,
  user_id text not null references users."user" on delete cascade,
  name text not null,
  kind text not null check (kind in ('general', 'storage')),
  default_filename text not null,
  expiration_timestamp timestamptz,
  modification_date timestamptz not null default date_trunc('seconds', now()),
  sealed_id text not null,
  constraint user_secret_filename unique (user_id, default_filename)
);
select secrets.holds_sealed('secrets.user_secret', 'sealed_id');

create table secrets.session_secret_slot (
  id text primary key,
  project_id text not null references common.project on delete cascade,
  name text not null,
  description text,
  filename text not null,
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  constraint session_secret_slot_filename unique (project_id, filename)
);

create table secrets.session_secret (
  slot_id text not null references secrets.session_secret_slot on delete cascade,
  user_id text not null references users."user" on delete cascade,
  secret_id text not null references secrets.user_secret on delete cascade,
  primary key (slot_id, user_id)
);
create index session_secret_by_secret on secrets.session_secret (secret_id);

-- What tasks ask for by name: those of a project, of all projects of a namespace, or with neither all of the platform.
create table secrets.task_secret (
  id text primary key,
  project_id text references common.project on delete cascade,
  namespace_id text references common.namespace on delete cascade,
  name text not null,
  description text,
  expires_at timestamptz,
  created_by text not null,
  created_at timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  store text not null check (store in ('sealed', 'aws-secrets-manager')),
  sealed_id text,
  -- Name of the value in a store elsewhere.
  external_id text,
  check (num_nonnulls(project_id, namespace_id) <= 1),
  check ((store = 'sealed') = (sealed_id is not null)),
  check ((store = 'sealed') = (external_id is null))
);
create unique index task_secret_of_project on secrets.task_secret (project_id, name) where project_id is not null;
create unique index task_secret_of_platform on secrets.task_secret (name) where project_id is null and namespace_id is null;
create unique index task_secret_of_namespace on secrets.task_secret (namespace_id, name) where namespace_id is not null;
select secrets.holds_sealed('secrets.task_secret', 'sealed_id');

-- Values in stores elsewhere whose secret is gone; a job removes them there.
create table secrets.external_removal (
  external_id text primary key,
  store text not null,
  removed_at timestamptz not null default now()
);
create function secrets.remove_external() returns trigger language plpgsql as $$
begin
  if old.external_id is not null and (tg_op = 'DELETE' or new.external_id is distinct from old.external_id) then
    insert into secrets.external_removal (external_id, store) values (old.external_id, old.store) on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger external_value after delete or update of external_id on secrets.task_secret
  for each row execute function secrets.remove_external();

create trigger touched before update on secrets.session_secret_slot for each row execute function common.touch();
create trigger touched before update on secrets.task_secret for each row execute function common.touch();

select audit.watch('secrets.user_secret', 'user_secret', 'id');
select audit.watch('secrets.session_secret_slot', 'session_secret_slot', 'id');
select audit.watch('secrets.session_secret', 'session_secret', 'slot_id,user_id');
select audit.watch('secrets.task_secret', 'task_secret', 'id');

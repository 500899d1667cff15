create schema connected_services;

create table connected_services.provider (
  id text primary key,
  kind text not null check (kind in ('gitlab', 'github', 'google', 'dropbox', 'zenodo', 'generic_oidc')),
  app_slug text not null default '',
  client_id text not null,
  -- Encrypted under `created_by`.
  client_secret text,
  display_name text not null,
  scope text not null,
  url text not null,
  use_pkce boolean not null default false,
  image_registry_url text,
  oidc_issuer_url text,
  -- No reference: the secret is encrypted under it, whoever leaves.
  created_by text not null,
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  check ((kind = 'generic_oidc') = (oidc_issuer_url is not null))
);

create table connected_services.connection (
  id text primary key,
  user_id text not null references users."user" on delete cascade,
  provider_id text not null references connected_services.provider on delete cascade,
  status text not null check (status in ('pending', 'connected')),
  creation_date timestamptz not null default date_trunc('seconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  unique (user_id, provider_id)
);
create index connection_by_provider on connected_services.connection (provider_id);

-- A user on the way to a provider and back. The row is gone when the state was used.
create table connected_services.authorization_request (
  -- SHA-256: who reads this table cannot finish what others began.
  state_hash bytea primary key,
  connection_id text not null unique references connected_services.connection on delete cascade,
  -- Good once, and only together with the code that comes back; null where the provider takes no PKCE.
  code_verifier text,
  callback_url text not null,
  next_url text,
  created_at timestamptz not null default now()
);
create index authorization_request_by_age on connected_services.authorization_request (created_at);

-- Apart from the connection, so that the audit log is not told of every refresh.
create table connected_services.token (
  connection_id text primary key references connected_services.connection on delete cascade,
  -- JSON as the provider sent it, encrypted under the user.
  ciphertext text not null,
  -- Null: the provider named no end.
  expires_at timestamptz,
  updated_at timestamptz not null default now()
);

create trigger touched before update on connected_services.provider for each row execute function common.touch();
create trigger touched before update on connected_services.connection for each row execute function common.touch();

select audit.watch('connected_services.provider', 'oauth_provider', 'id', 'client_secret');
select audit.watch('connected_services.connection', 'oauth_connection', 'id');

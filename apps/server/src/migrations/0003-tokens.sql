create schema authentication;

-- Tokens that people make for their programs. A revoked one is gone; the audit log knows of it.
create table authentication.personal_token (
  id text primary key,
  user_id text not null references users."user" on delete cascade,
  name text not null,
  scopes text[] not null,
  sha256 bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index personal_token_by_user on authentication.personal_token (user_id, id desc);

-- Apart from the tokens, because using one is no change of it.
create table authentication.personal_token_use (
  token_id text primary key references authentication.personal_token on delete cascade,
  last_used_at timestamptz not null default now()
);

-- Browsers that are signed in, by the hash of their cookie.
create table authentication.session (
  sha256 bytea primary key,
  -- Null: the administrator of the platform, who is no user.
  user_id text references users."user" on delete cascade,
  is_admin boolean not null,
  -- Of the issuer, encrypted; null when it gave none.
  refresh_token text,
  -- When the issuer is to be asked again, and until when it said that the user is who it is.
  renew_at timestamptz,
  confirmed_until timestamptz,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index session_by_user on authentication.session (user_id) where user_id is not null;
create index session_by_expiry on authentication.session (expires_at);

-- Sign-ins that are under way at the issuer.
create table authentication.sign_in (
  state_sha256 bytea primary key,
  -- Of the cookie of the browser that began it: nobody else may end it.
  browser_sha256 bytea not null,
  verifier text not null,
  nonce text not null,
  next text not null,
  expires_at timestamptz not null
);

-- Links that sign the administrator in, once each.
create table authentication.sign_in_link (
  sha256 bytea primary key,
  expires_at timestamptz not null
);

-- Sign-ins that commands began, which wait for a person to confirm them in a browser.
create table authentication.cli_sign_in (
  -- Of what the command asks for its token with.
  device_sha256 bytea primary key,
  -- Of the code that the person sees at both places.
  code_sha256 bytea not null unique,
  name text not null,
  scopes text[] not null,
  -- Who allowed it.
  user_id text references users."user" on delete cascade,
  is_denied boolean not null default false,
  expires_at timestamptz not null
);
create index cli_sign_in_by_expiry on authentication.cli_sign_in (expires_at);

select audit.watch('authentication.personal_token', 'personal_token', 'id', 'sha256');

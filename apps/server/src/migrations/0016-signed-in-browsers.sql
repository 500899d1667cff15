-- Browsers that are signed in are listed for their owners, and ended by what they are called here.
-- The default is for sessions from before, and for a server of the former version that still runs beside this one.
alter table authentication.session
  add column id text not null default '0' || upper(left(replace(gen_random_uuid()::text, '-', ''), 25));
alter table authentication.session add unique (id);
-- What the browser said of itself, and the address that it came from, when it signed in.
alter table authentication.session add column user_agent text;
alter table authentication.session add column address text;

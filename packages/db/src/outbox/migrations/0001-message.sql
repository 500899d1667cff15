create table outbox.message (
  id bigint generated always as identity primary key,
  topic text not null,
  -- Messages of a topic with the same key are handled one after the other, by their ids.
  key text not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  -- Begun ones, so that a message that ends its reader is counted too.
  attempts integer not null default 0,
  -- In the future while a reader has it, and between two attempts.
  available_at timestamptz not null default now(),
  last_error text,
  -- Set when it was given up; it no longer holds back those after it.
  dead_at timestamptz
) with (
  -- Rows come and go: without frequent vacuuming the readers would wade through dead ones.
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000
);
create index message_order on outbox.message (topic, key, id) where dead_at is null;
create index message_available on outbox.message (topic, available_at, id) where dead_at is null;
create index message_dead on outbox.message (topic, dead_at) where dead_at is not null;

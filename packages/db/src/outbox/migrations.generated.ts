// Made from the .sql files in migrations/ by script/generate-migrations.ts.

export const migrations = [
  {
    id: 1,
    name: 'message',
    sql: `create table outbox.message (
  id bigint generated always as identity,
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
  dead_at timestamptz,
  -- The only way to a row by its id: a queue is full one minute and empty the next, its statistics are wrong
  -- most of the time, and with an index on the id alone they make the planner walk all messages.
  primary key (topic, key, id)
) with (
  -- Rows come and go: without frequent vacuuming the readers would wade through dead ones.
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000
);
create index message_available on outbox.message (available_at) where dead_at is null;
`,
  },
]

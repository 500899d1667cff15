/**
 * The table all benchmarks move: 15 columns of mixed types, about 310 bytes a row as CSV, made of
 * arithmetic alone, so that every run and every server holds the same rows.
 */
export const tableName = 'bench'

const unicode = 'naïve café – 東京 🚚'

export function postgresStatements(rows: number): string[] {
  return [
    `create table ${tableName} (
      id bigint not null,
      quantity integer,
      amount numeric(15,2) not null,
      rate numeric(9,4),
      created_at timestamptz not null,
      updated_at timestamp,
      due date,
      ref uuid not null,
      code text not null,
      note text,
      attributes jsonb,
      active boolean not null,
      score double precision,
      region varchar(20) not null,
      priority smallint not null
    )`,
    `insert into ${tableName}
    select
      g,
      case when g % 10 = 0 then null else (g * 7919) % 1000000 end,
      ((g * 104729) % 10000000000)::numeric / 100,
      case when g % 7 = 0 then null else ((g * 31) % 1000000)::numeric / 10000 end,
      timestamptz '2020-01-01 00:00:00+00' + (g % 150000000) * interval '1.000123 seconds',
      case when g % 13 = 0 then null else timestamp '2021-03-04 05:06:07' + (g % 90000) * interval '61 seconds' end,
      date '2019-01-01' + (g % 3000)::int,
      md5(g::text)::uuid,
      'C-' || lpad((g % 100000)::text, 6, '0'),
      case when g % 5 = 0 then null
           when g % 11 = 0 then E'She said "no", then\\nwent home; ' || repeat('x', (g % 40)::int)
           when g % 3 = 0 then '${unicode} ' || md5((g * 3)::text)
           else 'order ' || g || ' shipped to warehouse ' || (g % 17) || ' by carrier ' || (g % 23) || ', no signature wanted' end,
      case when g % 9 = 0 then null
           else jsonb_build_object('sku', 'S' || (g % 5000), 'tags', jsonb_build_array('new', 'sale', g % 10), 'dims', jsonb_build_object('w', g % 100, 'h', g % 37)) end,
      g % 2 = 0,
      case when g % 8 = 0 then null else sqrt(g::double precision) * 1.1 end,
      (array['north', 'south', 'east', 'west', 'centre'])[g % 5 + 1],
      (g % 5)::smallint
    from generate_series(1::bigint, ${rows}) g`,
    `vacuum analyze ${tableName}`,
    'checkpoint',
  ]
}

/** The same rows as far as MariaDB has the types; it has no time zones and keeps JSON as text. */
export function mariadbStatements(rows: number): string[] {
  return [
    `create table ${tableName} (
      id bigint not null primary key,
      quantity int,
      amount decimal(15,2) not null,
      rate decimal(9,4),
      created_at timestamp(6) not null,
      updated_at datetime,
      due date,
      ref char(36) not null,
      code varchar(20) not null,
      note text,
      attributes json,
      active boolean not null,
      score double,
      region varchar(20) not null,
      priority smallint not null
    )`,
    `insert into ${tableName}
    select
      seq,
      if(seq % 10 = 0, null, (seq * 7919) % 1000000),
      ((seq * 104729) % 10000000000) / 100,
      if(seq % 7 = 0, null, ((seq * 31) % 1000000) / 10000),
      timestamp'2020-01-01 00:00:00.000123' + interval (seq % 150000000) second,
      if(seq % 13 = 0, null, timestamp'2021-03-04 05:06:07' + interval (seq % 90000) minute),
      date'2019-01-01' + interval (seq % 3000) day,
      insert(insert(insert(insert(md5(seq), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-'),
      concat('C-', lpad(seq % 100000, 6, '0')),
      case when seq % 5 = 0 then null
           when seq % 11 = 0 then concat('She said "no", then\\nwent home; ', repeat('x', seq % 40))
           when seq % 3 = 0 then concat('${unicode} ', md5(seq * 3))
           else concat('order ', seq, ' shipped to warehouse ', seq % 17, ' by carrier ', seq % 23, ', no signature wanted') end,
      if(seq % 9 = 0, null, json_object('sku', concat('S', seq % 5000), 'tags', json_array('new', 'sale', seq % 10), 'dims', json_object('w', seq % 100, 'h', seq % 37))),
      seq % 2 = 0,
      if(seq % 8 = 0, null, sqrt(seq) * 1.1),
      elt(seq % 5 + 1, 'north', 'south', 'east', 'west', 'centre'),
      seq % 5
    from seq_1_to_${rows}`,
    `analyze table ${tableName}`,
  ]
}

/** A table of 8 narrow columns, about 47 bytes a row as CSV, where the work for each cell weighs most. */
export function flightStatements(rows: number): string[] {
  return [
    `create table flights (
      date timestamp not null,
      delay smallint,
      distance smallint not null,
      origin char(3) not null,
      destination char(3) not null,
      carrier text not null,
      tail text,
      cancelled boolean not null
    )`,
    `insert into flights
    select
      timestamp '2001-01-01' + (g % 525600) * interval '1 minute',
      case when g % 50 = 0 then null else (g * 7919) % 400 - 60 end,
      (g * 31) % 4900 + 31,
      (array['SFO', 'LAX', 'JFK', 'ORD', 'ATL'])[g % 5 + 1],
      (array['SEA', 'BOS', 'DEN', 'PHX', 'MIA', 'IAH'])[g % 6 + 1],
      (array['WN', 'AA', 'DL', 'UA'])[g % 4 + 1],
      case when g % 17 = 0 then null else 'N' || (g % 9000) end,
      g % 60 = 0
    from generate_series(1::bigint, ${rows}) g`,
    'vacuum analyze flights',
    'checkpoint',
  ]
}

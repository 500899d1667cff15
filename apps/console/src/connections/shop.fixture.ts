/** Statements for the source that tests copy from. */
export const statements = {
  shop: `
    create schema shop;
    create table shop.orders (
      id bigint primary key, customer text not null, amount numeric(12, 2), note text, placed_at timestamptz not null);
    insert into shop.orders
      select i, 'customer ' || i, i / 100.0, case when i % 2 = 0 then null else repeat('long text ', 20) end, now()
      from generate_series(1, 2000) i;
    create table shop.customers (id int primary key, name text);
    insert into shop.customers select i, 'customer ' || i from generate_series(1, 1000) i`,
  drift: `alter table shop.customers add column city text default 'Bern'`,
  /** Some seconds of rows that trickle in. */
  slowQuery: `select i as id, repeat('x', 8000) as filler from generate_series(1, 1600) i where pg_sleep(0.004)::text = ''`,
}

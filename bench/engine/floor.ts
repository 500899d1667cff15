import type { Db } from '@millrace/db'

/**
 * A chain of tasks as the least SQL there is: claim the task, do its work, and in one transaction complete it, make the next
 * one ready and note an event. No worker, no lease, no output, no log. Milliseconds from first to last.
 */
export async function sqlFloor(db: Db, length: number): Promise<number> {
  await db.execute({
    text: `create table if not exists bench_floor (id int primary key, state text not null);`,
    values: [],
  })
  await db.execute({
    text: 'create table if not exists bench_floor_event (id bigint generated always as identity, task int, at timestamptz default now())',
    values: [],
  })
  await db.execute({ text: 'delete from bench_floor', values: [] })
  await db.execute({
    text: `insert into bench_floor select i, case i when 1 then 'ready' else 'waiting' end from generate_series(1, $1::int) i`,
    values: [length],
  })
  const start = performance.now()
  for (;;) {
    const [task] = await db.query<{ id: number }>({
      text: `update bench_floor set state = 'running' where id = (
          select id from bench_floor where state = 'ready' order by id limit 1 for update skip locked
        ) returning id`,
      values: [],
    })
    if (task === undefined) return performance.now() - start
    fibo(10)
    await db.execute({
      text: `with done as (update bench_floor set state = 'success' where id = $1 returning id),
          next as (update bench_floor set state = 'ready' where id = $1 + 1)
        insert into bench_floor_event (task) select id from done`,
      values: [task.id],
    })
  }
}

function fibo(n: number): number {
  return n < 2 ? n : fibo(n - 1) + fibo(n - 2)
}

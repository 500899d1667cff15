import { describe, expect, it } from 'vitest'
import { expectedCsv, expectedNdjson, exportValues } from './export-values.ts'
import type { ValueCase } from './value-case.ts'

/**
 * Every value of a source in every format, byte for byte; and every policy outcome with its count,
 * its column and its reason.
 */
export function describeValues(
  source: string,
  cases: readonly ValueCase[],
  from: () => string,
  quote: (name: string) => string,
): void {
  describe(`${source} values`, () => {
    it.each(cases.map((value) => [value.type, value] as const))('%s as CSV', async (_, value) => {
      const { values, losses } = await exportValues(from(), { table: quote(value.id) }, 'csv')
      expect(values).toEqual(expectedCsv(value))
      expect(losses).toEqual([])
    })

    it.each(cases.map((value) => [value.type, value] as const))('%s as NDJSON', async (_, value) => {
      const { values, losses } = await exportValues(from(), { table: quote(value.id) }, 'ndjson')
      expect(values).toEqual(expectedNdjson(value))
      expect(losses).toEqual(altered(value.values.map((row) => row.ndjsonLoss)))
    })

    it.each(cases.map((value) => [value.type, value] as const))('%s as Parquet', async (_, value) => {
      const kept = value.values.flatMap((row, index) =>
        typeof row.parquet === 'string' ? [{ n: index + 1, text: row.parquet }] : [],
      )
      const select = `SELECT n, v FROM ${quote(value.id)} WHERE n IN (0${kept.map(({ n }) => `, ${n}`).join('')})`
      const { values, losses, type } = await exportValues(from(), { query: select }, 'parquet')
      expect(type).toBe(value.parquetType)
      expect(values).toEqual([null, ...kept.map(({ text }) => text)])
      expect(losses).toEqual(altered(value.values.map((row) => row.parquetLoss)))
    })

    const hazardous = cases.flatMap((value) =>
      value.values.flatMap((row, index) =>
        typeof row.parquet === 'string'
          ? []
          : [[`${value.type} ${row.csv}`, value, index + 1, row.parquet.policy] as const],
      ),
    )

    it.each(hazardous)(
      '%s stops a Parquet export by default, naming column and reason',
      async (_, value, n, reason) => {
        const query = `SELECT n, v FROM ${quote(value.id)} WHERE n IN (0, ${n})`
        await expect(exportValues(from(), { query }, 'parquet')).rejects.toMatchObject({
          code: 'UNREPRESENTABLE_VALUE',
          column: 'v',
          reason,
        })
      },
    )

    it.each(hazardous)('%s becomes NULL in Parquet on request, and is counted', async (_, value, n, reason) => {
      const query = `SELECT n, v FROM ${quote(value.id)} WHERE n IN (0, ${n})`
      const { values, losses } = await exportValues(from(), { query }, 'parquet', 'null')
      const row = value.values[n - 1]?.parquet
      expect(values).toEqual([null, (typeof row === 'object' ? row.nulled : undefined) ?? null])
      expect(losses).toEqual([{ column: 'v', reason, outcome: 'nulled', count: 1 }])
    })

    it.each(hazardous)(
      '%s turns the Parquet column into text on request, and is counted',
      async (_, value, n, reason) => {
        const query = `SELECT n, v FROM ${quote(value.id)} WHERE n IN (0, ${n})`
        const { values, type, losses } = await exportValues(from(), { query }, 'parquet', 'text')
        expect(type).toBe('VARCHAR')
        expect(values).toEqual([null, value.values[n - 1]?.csv])
        expect(losses).toEqual([{ column: 'v', reason, outcome: 'kept-as-text', count: 1 }])
      },
    )
  })
}

/** One entry for each reason, with the number of values that were kept in another form. */
function altered(reasons: readonly (string | undefined)[]) {
  const counts = new Map<string, number>()
  for (const reason of reasons) if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => ({ column: 'v', reason, outcome: 'altered', count }))
}

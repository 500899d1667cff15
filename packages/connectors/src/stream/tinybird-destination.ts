import type { StreamDestination } from './destination.ts'
import type { StreamTarget } from './types.ts'

/** Rows that do not fit the data source's columns go to its quarantine, which counts as taken. */
export function openTinybirdDestination(
  { client, dataSource }: Extract<StreamTarget, { kind: 'tinybird' }>,
  maxBytes: number,
): StreamDestination {
  return {
    label: `data source ${dataSource}`,
    async append(rows, signal) {
      const result = await client.appendEvents(
        dataSource,
        rows.map(({ json }) => json.toString()),
        { wait: true, maxBytes, ...(signal ? { signal } : {}) },
      )
      return { rows: result.successfulRows, quarantined: result.quarantinedRows, rejected: [] }
    },
    async [Symbol.asyncDispose]() {},
  }
}

import type { LoadSpec } from './sink.ts'

/** A load that appends CSV in one chunk, unless `choices` say otherwise. */
export function loadSpec(choices: Pick<LoadSpec, 'key' | 'target' | 'columns'> & Partial<LoadSpec>): LoadSpec {
  return {
    mode: 'append',
    keys: [],
    sourceDialect: 'files',
    changes: [],
    format: 'csv',
    options: {},
    journal: {
      chunks: [{ id: '0000', bounds: null }],
      position: {},
      startedAt: '2026-01-01T00:00:00.000Z',
    },
    allowEmpty: false,
    signal: new AbortController().signal,
    ...choices,
  }
}

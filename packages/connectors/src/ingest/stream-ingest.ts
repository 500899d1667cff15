import type { StreamConnector } from '../kit/stream.ts'
import { runStream } from '../stream/run-stream.ts'
import type { IngestBase } from './base.ts'
import type { StreamIngest } from './types.ts'

export function createStreamIngest(base: IngestBase, connector: StreamConnector): StreamIngest {
  const { log, tinybird, scope } = base
  return {
    ...base.shared(connector),
    connector,
    stream: (stream, dataSource, { group, position, signal, abortSignal, onEvent, stateDirectory, ...spec } = {}) =>
      scope.run(async () => {
        log.info(`Carrying ${stream} into ${dataSource}.`)
        const totals = await runStream(
          {
            deadLetter: `${stream.replaceAll(/[^\w.-]/g, '_')}.dead-letters.ndjson`,
            ...spec,
            from: {
              connector,
              stream,
              ...(group === undefined ? {} : { group }),
              ...(position === undefined ? {} : { position }),
            },
            to: { kind: 'tinybird', client: tinybird, dataSource },
          },
          {
            ...(signal ? { signal } : {}),
            ...(abortSignal ? { abortSignal } : {}),
            ...(onEvent ? { onEvent } : {}),
            ...(stateDirectory === undefined ? {} : { stateDirectory }),
          },
        )
        log.info(`${dataSource}: ${totals.rows} rows written, ${totals.deadLetters} dead letters.`)
        return totals
      }),
  }
}

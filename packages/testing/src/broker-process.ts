import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, onFreePort, type RunningServer, startServer, temporaryRoot } from '@millrace/db'

/** What every message broker for tests has. */
export interface TestBroker extends AsyncDisposable {
  readonly host: string
  /** The same after a restart. */
  readonly port: number
  readonly user: string
  readonly password: string
  /** The last part of the server's log. */
  log(): string
  /** Ends the server, with `kill` the way a crash does, and starts it again on the same data. */
  restart(how?: 'kill' | 'stop'): Promise<void>
  /** Ends the server; `resume` starts it again on the same data. */
  pause(how?: 'kill' | 'stop'): Promise<void>
  resume(): Promise<void>
  stop(): Promise<void>
}

export interface BrokerSpec {
  readonly name: string
  readonly program: string
  readonly directory: string
  readonly ready: RegExp
  readonly portTaken: RegExp
  /** How many ports it takes beside the first one. Default 0. */
  readonly morePorts?: number
  /** Arguments and environment for a port and the further ones; may write files into the directory. */
  configure(
    port: number,
    more: readonly number[],
  ): Promise<{ args: readonly string[]; env?: Readonly<Record<string, string>> }>
  /** Waits for what the server does only when it is wholly up, where it says `ready` before that. */
  untilUp?(port: number): Promise<void>
}

export const brokerHost = '127.0.0.1'

/** A new directory that the broker's files go to. */
export function brokerDirectory(name: string): string {
  return mkdtempSync(join(temporaryRoot(), `millrace-${name}-`))
}

/** Starts a broker on a free port; the directory goes with the stop, or when the start fails. */
export async function startBroker(
  spec: BrokerSpec,
): Promise<
  Pick<TestBroker, 'port' | 'log' | 'restart' | 'pause' | 'resume' | 'stop'> & { morePorts: readonly number[] }
> {
  const start = async (port: number, more: readonly number[]): Promise<RunningServer> => {
    const { args, env } = await spec.configure(port, more)
    const server = await startServer({
      ...{ name: spec.name, program: spec.program, args, account: undefined, ...(env ? { env } : {}) },
      ...{ ready: spec.ready, portTaken: spec.portTaken, stopSignal: 'TERM' },
      temporaryDirectory: spec.directory,
    })
    await spec.untilUp?.(port)
    return server
  }
  try {
    let [server, port, morePorts] = await onFreePort(async (port) => {
      // All of them anew with each try: any may be the one that somebody took.
      const more: number[] = []
      while (more.length < (spec.morePorts ?? 0)) more.push(await freePort())
      return [await start(port, more), port, more] as const
    })
    const pause = (how: 'kill' | 'stop' = 'kill') => server.halt(how)
    const resume = async () => {
      server = await start(port, morePorts)
    }
    return {
      ...{ port, morePorts },
      log: () => server.log(),
      pause,
      resume,
      async restart(how) {
        await pause(how)
        await resume()
      },
      stop: () => server.stop(),
    }
  } catch (error) {
    rmSync(spec.directory, { recursive: true, force: true })
    throw error
  }
}

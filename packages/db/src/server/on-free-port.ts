import { freePort } from './free-port.ts'
import { PortTaken } from './server-process.ts'

const attempts = 5

/** Starts something on a free port, and anew on another one where somebody took the port meanwhile (`PortTaken`). */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      return await start(port)
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === attempts) throw error
    }
  }
}

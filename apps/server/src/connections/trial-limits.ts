import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What a trial may take of the machine of the server: what it reads may unpack to far more than it has. */
export interface TrialLimits {
  readonly mostMemoryBytes: number
  /** In its temporary folder. */
  readonly mostFileBytes: number
}

export const usualLimits: TrialLimits = { mostMemoryBytes: 2 * 2 ** 30, mostFileBytes: 2 * 2 ** 30 }

const lookEveryMs = 100

/** Looks again and again what this process takes; says once, in a sentence for people, that it is too much. */
export function watchLimits(
  { mostMemoryBytes, mostFileBytes }: TrialLimits,
  folder: string,
  exceeded: (message: string) => void,
): Disposable {
  let timer: NodeJS.Timeout | undefined
  const plan = () => {
    timer = setTimeout(() => void look(), lookEveryMs).unref()
  }
  const look = async () => {
    if (process.memoryUsage.rss() > mostMemoryBytes) return exceeded(tooMuch(mostMemoryBytes, 'memory'))
    if ((await bytesIn(folder)) > mostFileBytes) return exceeded(tooMuch(mostFileBytes, 'temporary files'))
    if (timer !== undefined) plan()
  }
  plan()
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

function tooMuch(bytes: number, of: string): string {
  return `Trying it took more than ${Math.round(bytes / 2 ** 20)} MiB of ${of}, as a file does that unpacks to far more than it has. Ask for something smaller, or read it in a task.`
}

/** Files may come and go meanwhile. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = entries.map(async (entry) => {
    if (!entry.isFile()) return 0
    return await lstat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    )
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

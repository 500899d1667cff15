import { glob, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Task, type TaskContext, Workflow, z } from '@millrace/workflow'

const params = z.object({
  extension: z.string().startsWith('.').default('.ts').describe('Of the files to look at.'),
  longest: z.int().min(1).default(3).describe('How many files the summary names.'),
})
type Context<Item = unknown> = TaskContext<z.infer<typeof params>, Item>

/** Finds the files. What a task returns, JSON, is its output, for those after it. */
export class FindFiles extends Task<z.infer<typeof params>> {
  async run({ params, log }: Context) {
    const files: string[] = []
    for await (const file of glob(`**/*${params.extension}`, { exclude: (name) => skipped.has(basename(name)) })) {
      files.push(file)
    }
    log.info(`${files.length} files end with ${params.extension}`)
    return files.sort()
  }
}

const skipped = new Set(['node_modules', 'dist', '.millrace'])

/** Runs once for every file, several at a time. A task may run again after a crash: write it so that this does no harm. */
export class CountLines extends Task<z.infer<typeof params>, string> {
  static override retries = 2
  static override retryDelaySeconds = 5

  async run({ item: file }: Context<string>) {
    const text = await readFile(file, 'utf8')
    return { file, lines: text.split('\n').length }
  }
}

/** Sees the outputs of all items, with their types. */
export class SumUp extends Task<z.infer<typeof params>> {
  async run({ outputs, params, log }: Context) {
    // An item that was skipped is null.
    const counted = (await outputs(CountLines)).filter((count) => count !== null)
    const lines = counted.reduce((sum, count) => sum + count.lines, 0)
    const longest = counted.toSorted((a, b) => b.lines - a.lines).slice(0, params.longest)
    for (const { file, lines } of longest) log.info(`${file}: ${lines} lines`)
    return { files: counted.length, lines, longest: longest.map(({ file }) => file) }
  }
}

export const hello = new Workflow({
  name: 'hello',
  category: 'local',
  title: 'Lines of the files of this project',
  params,
  // With "millrace dev" or a server, every morning at six:
  // schedule: '0 6 * * *',
  // timezone: 'Europe/Berlin',
})
  .addNode(FindFiles)
  .addNode(CountLines, { mapOver: FindFiles })
  .addNode(SumUp, { upstreams: CountLines })

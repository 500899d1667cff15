import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface WorkflowPackage extends AsyncDisposable {
  readonly folder: string
  write(path: string, content: string): Promise<void>
}

const platform = fileURLToPath(new URL('../../../node_modules/@millrace', import.meta.url))

/** A package with workflows in a folder of its own, in which the packages of this checkout are installed. */
export async function workflowPackage(files: Readonly<Record<string, string>> = flights): Promise<WorkflowPackage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'millrace-package-')))
  const write = async (path: string, content: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  for (const [path, content] of Object.entries(files)) await write(path, content)
  await mkdir(join(folder, 'node_modules'), { recursive: true })
  await symlink(platform, join(folder, 'node_modules/@millrace'))
  return { folder, write, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

export const packageJson = JSON.stringify({
  name: 'flights',
  version: '1.0.0',
  type: 'module',
  dependencies: { '@millrace/operators': '*', '@millrace/workflow': '*' },
})

/** One workflow with each thing that another engine has to carry over; what its tasks did is in files of one folder. */
export const flights: Readonly<Record<string, string>> = {
  'package.json': packageJson,
  'src/flights.ts': `
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HttpSensor } from '@millrace/operators'
import { BranchTask, SkipTask, Task, type TaskContext, Workflow, z } from '@millrace/workflow'

const params = z.object({
  folder: z.string().default(''),
  note: z.string().default("it's {{ day }} $(exit 3) \\"x\\"\\n.sh"),
  failing: z.string().default(''),
  probe: z.string().default(''),
  limit: z.int().optional(),
})
type Context<Item = unknown> = TaskContext<z.infer<typeof params>, Item>

async function note(context: Context<never>, what: unknown) {
  const { params, task } = context
  await appendFile(join(params.folder, 'done.ndjson'), JSON.stringify({ id: task.id, attempt: task.attempt, what }) + '\\n')
  if (params.failing === task.id) throw new Error('Told to fail.')
}

export class Extract extends Task<z.infer<typeof params>> {
  static override retries = 1
  static override retryDelaySeconds = 0
  async run(context: Context) {
    const { run, params, log } = context
    log.info('extracting', { day: run.logicalDate })
    await note(context, { ...params, trigger: run.trigger, logicalDate: run.logicalDate, dataInterval: run.dataInterval })
    if (context.task.attempt === 1) throw new Error('The first attempt fails.')
    await writeFile(join(params.folder, 'rows.csv'), 'BER,3\\nJFK,4\\n')
    return { rows: 2 }
  }
}

export class Airports extends Task<z.infer<typeof params>> {
  async run(context: Context) {
    const { rows } = (await context.output(Extract)) as { rows: number }
    await note(context, rows)
    return ['BER', 'JFK', 'SFO']
  }
}

export class LoadAirport extends Task<z.infer<typeof params>, string> {
  async run(context: Context<string>) {
    if (context.item === 'JFK') throw new SkipTask('JFK is closed.')
    await note(context as never, { item: context.item, index: context.task.mapIndex })
    return context.item.toLowerCase()
  }
}

export class Choose extends BranchTask<z.infer<typeof params>> {
  async choose(context: Context) {
    await note(context, null)
    return 'way.Left'
  }
}

export class Left extends Task<z.infer<typeof params>> {
  async run(context: Context) {
    await note(context, null)
    return null
  }
}
export class Right extends Left {}

export class Report extends Task<z.infer<typeof params>> {
  async run(context: Context) {
    const outputs = [await context.output(Extract), await context.output(LoadAirport), await context.output(Choose)]
    await note(context, outputs)
  }
}

export class Always extends Task<z.infer<typeof params>> {
  async run(context: Context) {
    await note(context, null)
  }
}

export const daily = new Workflow({
  category: 'flights',
  name: 'daily',
  title: 'Flights "daily" {{ of }} all',
  description: "Every flight.\\n'''quotes''' and \\"\\"\\"quotes\\"\\"\\" {% raw %}",
  params,
  schedule: '30 2 * * *',
  timezone: 'Europe/Berlin',
})
  .addNode(Extract)
  .addSpacer('extracted', { upstreams: Extract })
  .addNode(Airports, { upstreams: 'extracted' })
  .addNode(LoadAirport, { mapOver: Airports })
  .addNode(new HttpSensor({ url: '{{ params.probe }}', intervalSeconds: 1 }), { id: 'probe', upstreams: 'extracted' })
  .addNode(Choose, { upstreams: 'extracted' })
  .group('way', { upstreams: Choose }, (way) => way.addNode(Left).addNode(Right))
  .addNode(Report, { upstreams: ['way.Left', 'way.Right', LoadAirport, 'probe'], triggerRule: 'none_failed' })
  .addNode(Always, { upstreams: Report, triggerRule: 'all_done', pool: 'disk' })
`,
}

import { randomUUID } from 'node:crypto'
import { askJson } from '../ask-json.ts'
import { type Context, exitCodes } from '../context.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { textTable } from '../output/table.ts'
import { findPipeline, type Pipeline, type PipelineProblem, readPipelines } from '../pipelines-api.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'
import { awaitRun } from './watch-run.ts'

interface InProject extends ServerRequest {
  readonly project?: string
}

interface OnePipeline extends InProject {
  readonly pipeline: string
}

interface Graph {
  readonly version: string | null
  readonly problems: readonly PipelineProblem[]
  readonly nodes: readonly {
    readonly id: string
    readonly kind: string
    readonly operator: string | null
    readonly upstreams: readonly string[]
  }[]
}

export async function listPipelines(request: InProject, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const pipelines = await readPipelines(client, request.project)
    if (request.json) return printJson(pipelines, context)
    if (pipelines.length === 0) {
      context.err(
        'There are no pipelines that you may see. Make some with: millrace pipelines apply FILE --project PROJECT\n',
      )
      return exitCodes.done
    }
    const body = pipelines.map((one) => [
      ...[one.name, `${one.client}/${one.brand}`, one.type, one.is_active ? 'active' : 'inactive'],
      ...[one.run_frequency ?? 'by hand', `${one.transformations.length}`],
    ])
    context.out(textTable(['pipeline', 'brand', 'type', 'status', 'runs', 'transformations'], body))
    return exitCodes.done
  })
}

export async function showPipeline(request: OnePipeline, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const pipeline = await findPipeline(client, request)
    const graph = await askJson<Graph>(client, `/api/pipelines/${pipeline.id}/graph`)
    if (request.json) return printJson({ ...pipeline, graph }, context)
    context.out(headText(pipeline, graph))
    if (graph.problems.length > 0) context.err(problemsText(graph.problems))
    else {
      const body = graph.nodes.map(({ id, kind, operator, upstreams }) => [id, operator ?? kind, upstreams.join(', ')])
      context.out(`\n${textTable(['node', 'what', 'after'], body)}`)
    }
    return exitCodes.done
  })
}

export async function validatePipeline(request: OnePipeline, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { id, name } = await findPipeline(client, request)
    const path = `/api/pipelines/${id}/validate`
    const answer = await askJson<{ valid: boolean; problems: readonly PipelineProblem[] }>(client, path, {
      method: 'POST',
    })
    const code = answer.valid ? exitCodes.done : exitCodes.data
    if (request.json) {
      printJson(answer, context)
      return code
    }
    if (answer.valid) context.out(`Pipeline ${name} is valid.\n`)
    else context.err(problemsText(answer.problems))
    return code
  })
}

export async function activatePipeline(
  request: OnePipeline & { readonly active: boolean },
  context: Context,
): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { id, name } = await findPipeline(client, request)
    const verb = request.active ? 'activate' : 'deactivate'
    const pipeline = await askJson<Pipeline>(client, `/api/pipelines/${id}/${verb}`, { method: 'POST' })
    if (request.json) return printJson(pipeline, context)
    const when = pipeline.run_frequency === null ? 'runs when it is asked to' : `runs: ${pipeline.run_frequency}`
    context.out(
      request.active
        ? `Pipeline ${name} is active and ${printable(when)}.\n`
        : `Pipeline ${name} is not active: it has no new runs. Runs under way go on.\n`,
    )
    return exitCodes.done
  })
}

export async function runPipeline(request: OnePipeline & { readonly wait?: true }, context: Context): Promise<number> {
  const { json = false, wait = false } = request
  return await withUser(request, context, async (client) => {
    const { id, name } = await findPipeline(client, request)
    const path = `/api/pipelines/${id}/runs`
    const started = await askJson<{ run_id: string; workflow: string }>(client, path, {
      ...{ method: 'POST', body: { key: randomUUID() } },
    })
    if (wait) {
      if (!json) context.err(`Run ${started.run_id} of ${name} was started.\n`)
      return await awaitRun(client, started.run_id, context, { json })
    }
    if (json) return printJson(started, context)
    context.out(`Run ${started.run_id} of ${name} was started.\n`)
    context.err(`Follow it with: millrace runs watch ${started.run_id}\n`)
    return exitCodes.done
  })
}

export function problemsText(problems: readonly PipelineProblem[]): string {
  const lines = problems.map(({ place, message }) => `- ${place}: ${message}`)
  const head = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}:`
  return `${printable([head, ...lines].join('\n'), { lines: true })}\n`
}

function headText(pipeline: Pipeline, { version }: Graph): string {
  const { name, description, client, brand, type, segment, is_active, run_frequency, workflow } = pipeline
  const rows = [
    ['brand', `${client}/${brand}`],
    ['type', segment === null ? type : `${type} (${segment})`],
    ['status', is_active ? 'active' : 'inactive'],
    ['runs', run_frequency ?? 'by hand'],
    ['workflow', version === null ? workflow : `${workflow} ${version}`],
  ]
  const head = description === null ? name : `${name}: ${description}`
  return `${printable(head)}\n${rows.map(([what = '', value = '']) => `  ${what.padEnd(9)} ${printable(value)}`).join('\n')}\n`
}

import { renderDeep, type TemplateContext, templateContext } from '@millrace/core'
import type { AttemptSpec } from '../attempt.ts'
import type { RunInfo } from '../context.ts'
import type { Json } from '../json.ts'

export interface TemplateValues {
  readonly run: RunInfo
  /** As the node sees them. */
  readonly params: Readonly<Record<string, Json>>
  /** What templates may name; made when it is first wanted. */
  names(): TemplateContext
}

/** What of an attempt templates see. */
export type TemplateSource = Pick<AttemptSpec, 'run' | 'node' | 'params' | 'variables' | 'item'>

export function templateValues(spec: TemplateSource): TemplateValues {
  const run = runInfo(spec)
  const params = nodeParams(spec)
  let names: TemplateContext | undefined
  return {
    run,
    params,
    names: () => {
      names ??= {
        ...templateContext({
          runId: run.id,
          logicalDate: run.logicalDate,
          dataInterval: run.dataInterval,
          timezone: run.timezone,
          params,
          variables: Object.entries(spec.variables).map(([name, value]) => ({ name, value })),
        }),
        item: spec.item,
      }
      return names
    },
  }
}

/** Fills templates in; the fields of a map that are named in `skip` stay as they are. */
export function renderConfig<T extends Json>(config: T, values: TemplateValues, skip: readonly string[] = []): T {
  const render = <V extends Json>(part: V) => renderDeep(part, values.names(), 'The configuration')
  if (skip.length === 0 || typeof config !== 'object' || config === null || Array.isArray(config)) return render(config)
  // What stands in skipped fields may be no template at all.
  const fields = Object.entries(config as Readonly<Record<string, Json>>)
  const rendered = render(Object.fromEntries(fields.filter(([name]) => !skip.includes(name))))
  return Object.fromEntries(fields.map(([name, value]) => [name, skip.includes(name) ? value : rendered[name]])) as T
}

function runInfo({ run }: TemplateSource): RunInfo {
  const { start, end } = run.dataInterval
  return {
    ...run,
    logicalDate: new Date(run.logicalDate),
    dataInterval: { start: start === null ? null : new Date(start), end: new Date(end) },
  }
}

/** Those of the run, or what an inlined workflow's node sees of them. */
function nodeParams({ node, params }: TemplateSource): Readonly<Record<string, Json>> {
  if (node.params === undefined) return params
  const entries = Object.entries(node.params).flatMap(([name, source]): [string, Json][] => {
    if ('value' in source) return [[name, source.value]]
    const value = params[source.param]
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(entries)
}

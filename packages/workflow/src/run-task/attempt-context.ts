import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, closestName, DataError, meter, redact, redactFields, renderDeep, tracer } from '@millrace/core'
import type { AttemptSpec, LogEntry, TaskHost } from '../attempt.ts'
import type { TaskContext, TaskLog } from '../context.ts'
import { type NodeIndex, resolveRef } from '../node-ref.ts'
import { type AnyTask, isOperator, type NodeRef, type OutputOf, refName } from '../task.ts'
import type { SecretValues } from './secret-values.ts'
import type { TemplateValues } from './template-values.ts'

export interface ContextParts {
  readonly spec: AttemptSpec
  /** With its configuration filled in. */
  readonly task: AnyTask
  readonly values: TemplateValues
  readonly host: TaskHost
  readonly signal: AbortSignal
  readonly secrets: SecretValues
  /** Nodes of the workflow, to know classes by; without it classes are known by their names. */
  readonly index: NodeIndex | undefined
  /** Called at every sign of life. */
  readonly onHeartbeat: () => void
}

export interface AttemptContext {
  readonly context: TaskContext
  readonly log: TaskLog
  /** The folder, when the task has asked for it. */
  scratch(): string | undefined
}

export function attemptContext(parts: ContextParts): AttemptContext {
  const { spec, task, values, host, signal, secrets, index, onHeartbeat } = parts
  const log = taskLog(host, secrets)
  const ancestors = ancestorIndex(spec, index)
  const outputOf = (ref: NodeRef) => {
    const wanted = 'before it'
    let id: string
    try {
      id = resolveRef(ref, ancestors, { group: spec.node.group, asker: `Task "${spec.node.id}"`, wanted })
    } catch (cause) {
      throw outputUnknown(spec, ref, cause)
    }
    return host.output(id)
  }
  const declared = (kind: 'connections' | 'secrets') =>
    new Set([
      ...spec.node[kind].map((name) => (name.includes('{') ? renderDeep(name, values.names()) : name)),
      ...(isOperator(task) ? task[kind] : []),
    ])
  let folder: string | undefined
  const context: TaskContext = {
    run: values.run,
    task: { id: spec.node.id, mapIndex: spec.mapIndex, attempt: spec.attempt },
    params: values.params,
    item: spec.item,
    state: spec.state ?? undefined,
    variables: spec.variables,
    output: <Ref extends NodeRef>(ref: Ref) => outputOf(ref) as Promise<OutputOf<Ref>>,
    async outputs<Ref extends NodeRef>(ref: Ref) {
      const outputs = await outputOf(ref)
      if (Array.isArray(outputs)) return outputs as readonly OutputOf<Ref>[]
      throw new DataError('OUTPUT_NOT_A_LIST', {
        message: `The output of "${refName(ref)}" is no list: it is not a mapped task. Ask for it by context.output().`,
        details: { node: refName(ref) },
      })
    },
    connections: {
      async get(name) {
        refuseUndeclared('connection', name, declared('connections'), spec)
        const connection = await host.connection(name)
        secrets.addConnection(connection)
        return connection
      },
    },
    secrets: {
      async get(name) {
        refuseUndeclared('secret', name, declared('secrets'), spec)
        const value = await host.secret(name)
        secrets.add(value)
        return value
      },
    },
    workflows: {
      trigger: (workflow, { params, key, logicalDate } = {}) =>
        host.trigger(workflow, {
          ...(params && { params }),
          ...(key !== undefined && { key }),
          ...(logicalDate && { logicalDate: logicalDate.toISOString() }),
        }),
      state: (runId) => host.runState(runId),
      find: (workflow, at) => host.findRun(workflow, at.toISOString()),
      taskState: (runId, node) => host.taskState(runId, node),
    },
    log,
    meter: meter(),
    tracer: tracer(),
    signal,
    get scratch() {
      folder ??= mkdtempSync(join(tmpdir(), 'millrace-task-'))
      return folder
    },
    heartbeat(progress) {
      onHeartbeat()
      host.heartbeat(progress)
    },
    render: (value) => renderDeep(value, values.names()),
  }
  return { context, log, scratch: () => folder }
}

/** Writes entries with secrets masked, the ones that the task asks for later included from then on. */
function taskLog(host: TaskHost, secrets: SecretValues): TaskLog {
  const write = (level: LogEntry['level']) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    const masked = fields && (redactFields(fields, new Set(), secrets) as Record<string, unknown>)
    host.log({
      at: Date.now(),
      level,
      source: 'log',
      text: redact(String(message), secrets),
      ...(masked && { fields: masked }),
    })
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** What the task may ask for: the nodes before it. */
function ancestorIndex(spec: AttemptSpec, index: NodeIndex | undefined): NodeIndex {
  let known: ReadonlySet<string> | undefined
  const has = (id: string) => {
    known ??= new Set(spec.ancestors)
    return known.has(id)
  }
  return {
    has,
    ids: () => spec.ancestors,
    idsOf: (task) => {
      if (index !== undefined) return index.idsOf(task).filter(has)
      const name = refName(task)
      return spec.ancestors.filter((id) => id === name || id.endsWith(`.${name}`))
    },
  }
}

function outputUnknown({ node, ancestors }: AttemptSpec, ref: NodeRef, cause: unknown): ConfigError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new ConfigError('OUTPUT_UNKNOWN', {
    message: `${message} Make it an upstream of "${node.id}" to use its output.`,
    details: { node: node.id, asked: refName(ref), ancestors },
    cause,
  })
}

function refuseUndeclared(
  kind: 'connection' | 'secret',
  name: string,
  declared: ReadonlySet<string>,
  { node }: AttemptSpec,
): void {
  if (declared.has(name)) return
  const nearest = closestName(name, declared)
  throw new ConfigError(kind === 'connection' ? 'CONNECTION_NOT_DECLARED' : 'SECRET_NOT_DECLARED', {
    message: `Task "${node.id}" asks for ${kind} "${name}", which it does not declare.${nearest ? ` Did you mean "${nearest}"?` : ''} Add it to its class: static override ${kind}s = ['${name}'].`,
    details: { node: node.id, [kind]: name, declared: [...declared] },
  })
}

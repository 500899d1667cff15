import type { TaskHost } from '@millrace/workflow'
import type { AskableMethod, HostMessage, TaskMessage } from './messages.ts'
import { fromWireError } from './wire-error.ts'

/** The world of a task, asked over the channel: each question has a number, and its answer comes with it. */
export function remoteHost(
  send: (message: TaskMessage) => void,
  log: TaskHost['log'],
): { host: TaskHost; answer(message: Extract<HostMessage, { kind: 'answer' | 'refusal' }>): void } {
  const open = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  // biome-ignore lint/suspicious/noExplicitAny: the types are those of the methods below
  const ask = (method: AskableMethod, ...args: readonly unknown[]): Promise<any> => {
    last += 1
    const pending = Promise.withResolvers<unknown>()
    open.set(last, pending)
    send({ kind: 'ask', id: last, method, args })
    return pending.promise
  }
  return {
    host: {
      output: (node) => ask('output', node),
      connection: (name) => ask('connection', name),
      secret: (name) => ask('secret', name),
      trigger: (workflow, options) => ask('trigger', workflow, options),
      runState: (runId) => ask('runState', runId),
      findRun: (workflow, at) => ask('findRun', workflow, at),
      taskState: (runId, node) => ask('taskState', runId, node),
      log,
      heartbeat: (progress) => send({ kind: 'heartbeat', ...(progress === undefined ? {} : { progress }) }),
    },
    answer(message) {
      const pending = open.get(message.id)
      open.delete(message.id)
      if (message.kind === 'answer') pending?.resolve(message.value)
      else pending?.reject(fromWireError(message.error))
    },
  }
}

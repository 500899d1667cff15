import { readFile, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { ConfigError, DataError, TransientError } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { runCode } from './bootstrap.ts'
import { contextJson } from './context-json.ts'
import { preparePython } from './environment.ts'
import { type ProcessEnd, runProcess } from './run-process.ts'

export type PythonConfig = {
  readonly code?: string
  readonly file?: string
  readonly requirements?: readonly string[]
  readonly python?: string
  readonly args?: { readonly [name: string]: Json }
  readonly outputs?: readonly string[]
  readonly connections?: readonly string[]
  readonly secrets?: readonly string[]
}

const name = { type: 'string', minLength: 1 }

const pythonConfigSchema = {
  type: 'object',
  properties: {
    code: {
      ...name,
      title: 'Code',
      description:
        'A module with `def run(context)`, whose result, as JSON, is the output. Without `run`, the variable `result` is. It is no template: give it values by `args`.',
      'x-code': 'python',
    },
    file: {
      ...name,
      title: 'File',
      description: 'A file with the code instead, from the working directory of the worker.',
    },
    requirements: {
      type: 'array',
      items: name,
      title: 'Requirements',
      description: 'As in a requirements file, best with versions: `pandas==2.3.1`. Installed once for the same list.',
    },
    python: { ...name, default: 'python3', title: 'Python', description: 'Command or path of the interpreter.' },
    args: {
      type: 'object',
      title: 'Arguments',
      description: 'Stand in `context["args"]`.',
      additionalProperties: true,
    },
    outputs: {
      type: 'array',
      items: name,
      title: 'Outputs',
      description: 'Tasks before this one whose outputs stand in `context["outputs"]`.',
    },
    connections: {
      type: 'array',
      items: { ...name, 'x-connection': true },
      title: 'Connections',
      description: 'Stand in `context["connections"]`, each with `connector` and `values`.',
    },
    secrets: {
      type: 'array',
      items: { ...name, 'x-secret': true },
      title: 'Secrets',
      description: 'Stand in `context["secrets"]`.',
    },
  },
  oneOf: [{ required: ['code'] }, { required: ['file'] }],
  additionalProperties: false,
}

export const pythonDefinition: OperatorDefinition = {
  name: 'python',
  title: 'Python',
  description:
    'Runs Python code in a process and an environment of its own. What it prints is the log; what it returns is the output. The code is trusted: it runs with the rights of the worker.',
  configSchema: pythonConfigSchema,
  output: 'What the code returned',
  example: {
    code: 'def run(context):\n    print("day", context["args"]["day"])\n    return {"rows": 3}\n',
    args: { day: '{{ dt }}' },
  },
}

interface Answer {
  readonly result?: Json
  readonly error?: {
    readonly kind: 'syntax' | 'raised' | 'result'
    readonly type: string
    readonly message: string
    readonly line: number | null
    readonly traceback: string
  }
}

export class PythonOperator extends DefinedOperator<PythonConfig> {
  static override readonly noTemplateFields: readonly string[] = ['code']
  constructor(config: PythonConfig) {
    super(pythonDefinition, config)
  }

  protected async execute(config: PythonConfig, context: TaskContext): Promise<Json> {
    const { args = {}, outputs = [], connections = [], secrets = [] } = config
    const environment = await preparePython(config, context)
    const { scratch, signal, log } = context
    const codeFile = config.file === undefined ? join(scratch, 'task.py') : resolve(config.file)
    const files = {
      bootstrap: join(scratch, 'bootstrap.py'),
      context: join(scratch, 'context.json'),
      result: join(scratch, 'result.json'),
    }
    if (config.code !== undefined) await writeFile(codeFile, config.code)
    else await refuseUnreadable(codeFile)
    await writeFile(files.bootstrap, runCode)
    const given = await contextJson(context, { args, outputs, connections, secrets })
    await writeFile(files.context, JSON.stringify(given), { mode: 0o600 })
    const end = await runProcess(
      environment.python,
      [files.bootstrap, codeFile, basename(codeFile), files.context, files.result],
      {
        cwd: config.file === undefined ? scratch : process.cwd(),
        env: environment.env,
        signal,
        onLine(line, stream) {
          log.info(line, stream === 'stderr' ? { stream } : undefined)
          context.heartbeat()
        },
      },
    )
    return outcome(end, await readAnswer(files.result))
  }
}

async function refuseUnreadable(file: string): Promise<void> {
  await readFile(file).catch((cause: unknown) => {
    throw new ConfigError('PYTHON_FILE_MISSING', {
      message: `The Python file "${file}" cannot be read. Check "file": it is taken from the working directory of the worker.`,
      cause,
    })
  })
}

async function readAnswer(file: string): Promise<Answer | null> {
  const text = await readFile(file, 'utf8').catch(() => null)
  return text === null ? null : (JSON.parse(text) as Answer)
}

function outcome({ code, signal }: ProcessEnd, answer: Answer | null): Json {
  if (answer?.error) throw pythonError(answer.error)
  if (code === 0) return answer?.result ?? null
  const how = signal === null ? `with the exit code ${code}` : `by the signal ${signal}`
  const hint = signal === 'SIGKILL' ? ' Perhaps it needed more memory than there is.' : ' Its output is in the log.'
  throw new TransientError('PYTHON_EXITED', {
    message: `The Python process ended ${how}.${hint}`,
    details: { code, signal },
  })
}

function pythonError({ kind, type, message, line, traceback }: NonNullable<Answer['error']>): Error {
  const where = line === null ? '' : ` (line ${line} of the code)`
  const details = { type, line }
  const error =
    kind === 'syntax'
      ? new ConfigError('PYTHON_INVALID', { message: `The Python code cannot be read${where}: ${message}.`, details })
      : kind === 'result'
        ? new DataError('PYTHON_RESULT_NOT_JSON', {
            message: `The Python code returned what cannot be written as JSON: ${message}. Return dicts, lists, texts, numbers, booleans or None.`,
            details,
          })
        : new TransientError('PYTHON_FAILED', { message: `${type}: ${message}${where}`, details })
  error.stack = traceback
  return error
}

import { createHash } from 'node:crypto'
import type { WorkflowManifest } from '../../manifest.ts'
import { versionedName } from '../../workflow-names.ts'
import { ancestorsOf } from '../ancestors.ts'
import { groupLabel, mayWait } from './airflow-checks.ts'
import { airflowEdges, airflowNode, airflowWatcher } from './airflow-node.ts'
import { airflowParams } from './airflow-params.ts'
import { nodeCommand } from './node-command.ts'
import { pythonCall, pythonLiteral, pythonSeconds, pythonString } from './python-literal.ts'
import { branchRuntime, largestOutputBytes, mappedRuntime, pythonRuntime, waitingRuntime } from './python-runtime.ts'

/** Airflow wants to know since when a schedule counts. Before any run that it could be asked for. */
const earliestStart = 'pendulum.datetime(2000, 1, 1, tz=TIMEZONE)'

/** @param packageLocation A Python expression for where the package is. */
export function airflowDag(manifest: WorkflowManifest, packageLocation: string): string {
  const nodes = [...manifest.nodes].sort((a, b) => (a.id < b.id ? -1 : 1))
  const uses = {
    waiting: nodes.some(mayWait),
    mapped: nodes.some(({ mapOver }) => mapOver !== null),
    branch: nodes.some(({ branch }) => branch),
    spacer: nodes.some(({ kind }) => kind === 'spacer'),
    groups: manifest.groups.length > 0,
    params: manifest.params !== null,
  }
  const body = [
    imports(uses),
    constants(manifest, packageLocation),
    pythonRuntime,
    runArguments,
    ...(uses.mapped ? [mappedRuntime] : []),
    ...(uses.waiting ? [waitingRuntime] : []),
    ...(uses.branch ? [branchRuntime] : []),
    dag(manifest),
  ].join('')
  const hash = createHash('sha256').update(body).digest('hex')
  return [
    `# Workflow ${manifest.name}, version ${manifest.version}, for Airflow 3. Made by millrace build: changes belong in the workflow.\n`,
    `# Content sha256:${hash}\n`,
    body,
  ].join('')
}

function imports(uses: Readonly<Record<'waiting' | 'branch' | 'spacer' | 'groups' | 'params', boolean>>): string {
  const sdk = [
    'DAG',
    ...(uses.params ? ['Param'] : []),
    ...(uses.waiting ? ['PokeReturnValue'] : []),
    ...(uses.groups ? ['TaskGroup'] : []),
  ]
  const operators = 'airflow.providers.standard.operators'
  return [
    'import json\nimport logging\nimport os\nimport subprocess\n',
    `from datetime import ${uses.waiting ? 'datetime, timedelta, timezone' : 'timedelta'}\n\n`,
    'import pendulum\n',
    ...(uses.waiting ? ['from airflow.providers.standard.hooks.subprocess import SubprocessHook\n'] : []),
    `from ${operators}.bash import BashOperator\n`,
    ...(uses.spacer ? [`from ${operators}.empty import EmptyOperator\n`] : []),
    ...(uses.branch ? [`from ${operators}.python import BranchPythonOperator\n`] : []),
    ...(uses.waiting ? ['from airflow.providers.standard.sensors.python import PythonSensor\n'] : []),
    `from airflow.sdk import ${sdk.join(', ')}\n`,
    ...(uses.waiting ? [waitingImports] : []),
  ].join('')
}

/** Their place has changed from one release of Airflow 3 to another. */
const waitingImports = `
try:
    from airflow.sdk.exceptions import AirflowException, AirflowRescheduleException, AirflowSkipException
except ImportError:
    from airflow.exceptions import AirflowException, AirflowRescheduleException, AirflowSkipException
`

function constants(manifest: WorkflowManifest, packageLocation: string): string {
  const { names, leftOutWhenNull } = airflowParams(manifest)
  const tasks = manifest.nodes.filter(({ kind }) => kind === 'task').sort((a, b) => (a.id < b.id ? -1 : 1))
  const ancestors = ancestorsOf(manifest.nodes)
  const spec = {
    workflow: manifest.name,
    version: manifest.version,
    timezone: manifest.schedule?.timezone ?? 'UTC',
    cron: manifest.schedule?.cron ?? null,
    paramsSchema: manifest.params as never,
    source: manifest.source && { ...manifest.source },
    package: manifest.package && { ...manifest.package },
    largestOutputBytes,
  }
  const isTask = new Set(tasks.map(({ id }) => id))
  return [
    `\nWORKFLOW = ${pythonLiteral(spec)}\n\n`,
    `NODES = {\n${tasks.map((node) => `    ${pythonString(node.id)}: ${pythonLiteral(node as never)},\n`).join('')}}\n\n`,
    '# Nodes whose outputs a node may ask for.\n',
    `ANCESTORS = {\n${tasks.map(({ id }) => `    ${pythonString(id)}: ${pythonLiteral((ancestors.get(id) ?? []).filter((other) => isTask.has(other)).sort())},\n`).join('')}}\n\n`,
    `PARAMS = ${pythonLiteral(names)}\n`,
    `PARAMS_LEFT_OUT_WHEN_NULL = ${pythonLiteral(leftOutWhenNull)}\n`,
    `TIMEZONE = ${pythonString(spec.timezone)}\n\n`,
    `PACKAGE = ${manifest.package === null ? '""' : packageLocation}\n`,
    `SHA256 = ${pythonString(manifest.package?.sha256 ?? '')}\n\n`,
    `COMMAND = r"""${nodeCommand}"""\n\n`,
  ].join('')
}

/** Texts in braces are filled in by Airflow on the worker; what they become is not read as a template again. */
const runArguments = `

RUN = {
    "env": {
        "MILLRACE_TASK_NODE": "{{ task_node(ti) }}",
        "MILLRACE_TASK_RUN": "{{ task_run(ti, dag_run, params) }}",
        "MILLRACE_TASK_OUTPUTS": "{{ task_outputs(ti) }}",
        "MILLRACE_TASK_PACKAGE": "{{ package }}",
        "MILLRACE_TASK_SHA256": "{{ sha256 }}",
    },
    "append_env": True,
    "skip_on_exit_code": 99,
    "output_processor": json.loads,
    "on_failure_callback": report_failure,
}
`

function dag(manifest: WorkflowManifest): string {
  const { schedule } = manifest
  const { declarations } = airflowParams(manifest)
  const start = schedule?.start ?? null
  const end = schedule?.end ?? null
  const params = declarations.map(([name, declaration]) => `        ${pythonString(name)}: ${declaration},\n`).join('')
  const macros = ['task_node', 'task_run', 'task_outputs'].map((name) => `"${name}": ${name}`)
  const args: (readonly [string, string])[] = [
    ['dag_id', pythonString(versionedName(manifest))],
    ...(manifest.title === null ? [] : [['dag_display_name', pythonString(displayName(manifest))] as const]),
    // Without the line break, a text that ends in .md would be the name of a file.
    ...(manifest.description === null ? [] : [['doc_md', pythonString(`${manifest.description}\n`)] as const]),
    ['schedule', schedule === null ? 'None' : pythonString(schedule.cron)],
    ['start_date', start === null ? earliestStart : instant(start)],
    ...(end === null ? [] : [['end_date', instant(end)] as const]),
    ['catchup', schedule?.catchup.policy === 'all' ? 'True' : 'False'],
    ...(manifest.maxActiveRuns === null ? [] : [['max_active_runs', `${manifest.maxActiveRuns}`] as const]),
    ...(manifest.runTimeoutSeconds === null
      ? []
      : [['dagrun_timeout', pythonSeconds(manifest.runTimeoutSeconds)] as const]),
    ['tags', pythonLiteral([...new Set(manifest.tags)].sort())],
    ...(params === '' ? [] : [['params', `{\n${params}    }`] as const]),
    ['default_args', `{"owner": ${pythonString(manifest.owner ?? 'airflow')}, "weight_rule": "absolute"}`],
    ['user_defined_macros', `{${macros.join(', ')}, "package": PACKAGE, "sha256": SHA256}`],
  ]
  return [
    `\n\nwith ${pythonCall('DAG', args, '')} as dag:\n    tasks = {}\n`,
    `${groupsOf(manifest)}\n`,
    // In topological order: a mapped task is written after the one it is mapped over.
    ...manifest.nodes.map((node) => airflowNode(node, '    ')),
    `\n${airflowEdges(
      [...manifest.nodes].sort((a, b) => (a.id < b.id ? -1 : 1)),
      '    ',
    )}`,
    airflowWatcher(manifest, '    '),
  ].join('')
}

/** Made at once, since a task may have to be written before another of its group and after one outside of it. */
function groupsOf({ groups }: WorkflowManifest): string {
  if (groups.length === 0) return ''
  const lines = outerFirst(groups).map(({ id, title, parent }) => {
    const args = [
      `group_id=${pythonString(groupLabel({ id, parent }))}`,
      ...(parent === null ? [] : [`parent_group=groups[${pythonString(parent)}]`]),
      ...(title === null ? [] : [`tooltip=${pythonString(title)}`]),
    ]
    return `    groups[${pythonString(id)}] = TaskGroup(${args.join(', ')})\n`
  })
  return `    groups = {}\n${lines.join('')}`
}

function outerFirst(groups: WorkflowManifest['groups'], parent: string | null = null): WorkflowManifest['groups'] {
  return groups.filter((group) => group.parent === parent).flatMap((group) => [group, ...outerFirst(groups, group.id)])
}

/** Two versions side by side would otherwise look the same. */
function displayName({ title, version }: WorkflowManifest): string {
  return `${title} (${version})`
}

function instant(iso: string): string {
  return `pendulum.parse(${pythonString(iso)}, tz=TIMEZONE)`
}

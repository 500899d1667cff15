import type { Json } from '@millrace/workflow'
import type { OperatorDefinition } from './kit/definition.ts'
import { operatorDefinitions } from './registry.ts'

interface Field {
  readonly type?: string | readonly string[]
  readonly title?: string
  readonly description?: string
  readonly default?: Json
  readonly enum?: readonly Json[]
  readonly properties?: Readonly<Record<string, Field>>
  readonly required?: readonly string[]
  readonly items?: Field
  readonly oneOf?: readonly Field[]
}

const introduction = `# Operators

An operator is a ready-made task with a configuration of plain JSON. This page is generated from the operators themselves.

\`\`\`ts
import { DataTestOperator, TransferOperator } from '@millrace/operators'
import { Workflow } from '@millrace/workflow'

const load = new TransferOperator({
  from: { connection: 'shop', table: 'orders' },
  to: { connection: 'warehouse', table: 'raw.orders' },
})
const check = new DataTestOperator({
  connection: 'warehouse',
  table: 'raw.orders',
  checks: [{ check: 'unique', columns: 'id' }],
})

export const orders = new Workflow({ category: 'shop', name: 'orders', schedule: '@daily' })
  .addNode(load, { id: 'load' })
  .addNode(check, { id: 'check', upstreams: load })
\`\`\`

- **Templates.** Every text of a configuration is a Jinja2 template with the names of
  [templates and schedules](templates-and-schedules.md): \`{{ dt }}\`, \`{{ data_interval_start }}\`, \`{{ params.day }}\`,
  \`{{ var('region') }}\`. Fields that want a number or a boolean take a template as well. Code is no template: \`args\` carries
  values into it.
- **Connections** are named, never written out. A configuration is checked when the workflow is built; \`validateOperator\`
  also finds connections that do not exist, and names the place: \`"/from/connection" names the connection "shpo"\`.
- **Values from outside**, such as parameters of a trigger, do not belong into the text of SQL. Give them to \`parameters\`, which
  writes them as literals of the database.
- **Retries.** A lost connection can be tried again; a wrong configuration, failed data tests and a sensor out of time are not.
- **Waiting.** Sensors and links give their worker back between two looks. A thousand waiting tasks take no worker.
- **In code of your own**, \`openConnection(context, 'warehouse', 'sql')\` gives the connector of a connection that the task declares.`

/** The page about all operators. */
export function operatorsGuide(): string {
  const definitions = operatorDefinitions()
  const list = definitions.map(
    ({ name, title, description }) => `- [${title}](#${anchor(title, name)}): ${firstSentence(description)}`,
  )
  return `${[introduction, list.join('\n'), ...definitions.map(section)].join('\n\n')}\n`
}

function section({ name, title, description, configSchema, output, example }: OperatorDefinition): string {
  const fields = rows(configSchema as Field, '')
  const parts = [
    `## ${title} (${name})`,
    description,
    exampleText(name, example),
    ...(fields.length === 0 ? [] : [table(fields)]),
    ...forms(configSchema as Field),
    `Output: ${output}.`,
  ]
  return parts.join('\n\n')
}

/** Code stands by itself: inside JSON nobody can read it. */
function exampleText(name: string, example: Json): string {
  const { code, ...rest } = example as Readonly<Record<string, Json>>
  if (typeof code !== 'string') return fenced('json', JSON.stringify(example, null, 2))
  return [fenced(name, code.trimEnd()), 'as `code`, with', fenced('json', JSON.stringify(rest, null, 2))].join('\n\n')
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``
}

type Row = readonly [field: string, value: string, meaning: string]

function rows({ properties = {}, required = [] }: Field, prefix: string): Row[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const inner = field.properties ? rows(field, `${path}.`) : []
    const { title = '', description = '' } = field
    const meaning = [description || (title && `${title}.`), defaultOf(field)].filter((part) => part !== '').join(' ')
    return [[`\`${path}\`${required.includes(name) ? ', required' : ''}`, kindOf(field), meaning], ...inner]
  })
}

function kindOf({ type, enum: choices, items, oneOf }: Field): string {
  if (choices) return choices.map((choice) => `\`${choice}\``).join(', ')
  if (oneOf && type === undefined) return oneOf.map(({ title = '' }) => title).join(' or ')
  if (type === 'array')
    return items?.enum ? `list of ${kindOf(items)}` : `list${items?.type === 'string' ? ' of texts' : ''}`
  if (Array.isArray(type)) return type.map(wordOf).join(', ')
  return type === undefined ? 'any' : wordOf(String(type))
}

function wordOf(type: string): string {
  return { string: 'text', object: 'map', integer: 'whole number', boolean: 'true or false' }[type] ?? type
}

function defaultOf({ default: value }: Field): string {
  return value === undefined ? '' : `Default: \`${JSON.stringify(value)}\`.`
}

/** Kinds of the elements of a list, such as the checks of a data test. */
function forms({ properties = {} }: Field): string[] {
  return Object.entries(properties).flatMap(([name, { items }]) => {
    const all = items?.oneOf ?? []
    if (all.length === 0 || !all.every((form) => form.properties)) return []
    const common = Object.keys(all[0]?.properties ?? {}).filter((field) =>
      all.every((form) => form.properties?.[field]),
    )
    const own = all.map((form): Row => {
      const fields = Object.keys(form.properties ?? {}).filter((field) => !common.includes(field))
      return [form.title ?? '', fields.map((field) => `\`${field}\``).join(', '), form.description ?? '']
    })
    const shared = common
      .map((field) => [field, all[0]?.properties?.[field]] as const)
      .filter(([, field]) => field?.title !== undefined)
      .map(([field, { description = '' } = {}]) => `- \`${field}\`: ${description}`)
    return [
      `Elements of \`${name}\`:`,
      table(own, ['kind', 'fields', 'holds when']),
      `All of them take:`,
      shared.join('\n'),
    ]
  })
}

function table(body: readonly Row[], head: Row = ['field', 'value', 'meaning']): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}

function firstSentence(text: string): string {
  return /^.*?\.(?= |$)/.exec(text)?.[0] ?? text
}

function anchor(title: string, name: string): string {
  return `${title} ${name}`
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}

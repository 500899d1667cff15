import { type ConnectorDefinition, connectorDefinition, connectorNames, suggestColumn } from '@millrace/connectors'

const kinds: Readonly<Record<ConnectorDefinition['kind'], string>> = {
  sql: 'Databases and warehouses',
  'object-store': 'Files and object stores',
  stream: 'Streams',
  notify: 'Messengers',
  api: 'APIs',
}

/** The page of all connectors, made from their own definitions. */
export async function connectorsReference(): Promise<string> {
  const definitions = await Promise.all(connectorNames().map((name) => connectorDefinition(name)))
  const parts = [
    '# Connectors',
    'Generated from the connectors themselves: `millrace connectors list`, `millrace connectors show NAME` and `millrace connectors schema` say the same.',
    overview(definitions),
    testedAgainst(definitions),
  ]
  for (const [kind, title] of Object.entries(kinds)) {
    const sections = definitions.filter((definition) => definition.kind === kind).map(section)
    if (sections.length > 0) parts.push(`## ${title}`, ...sections)
  }
  return `${parts.join('\n\n')}\n`
}

function overview(definitions: readonly ConnectorDefinition[]): string {
  return table(
    ['connector', 'system', 'addresses', 'copy from', 'copy to', 'query', 'needs'],
    definitions.map(({ name, title, kind, schemes, capabilities, drivers = [] }) => [
      `[${name}](#${anchor(title, name)})`,
      title,
      addresses(schemes),
      kind === 'stream' ? 'as a stream' : yes(capabilities.source),
      kind === 'notify' ? 'messages' : yes(capabilities.sink),
      yes(capabilities.query),
      drivers.map(code).join(', '),
    ]),
  )
}

function testedAgainst(definitions: readonly ConnectorDefinition[]): string {
  return [
    '## What each was tested against',
    'A real server is the system itself. An emulator is its vendor’s or a third party’s. A protocol fake is a server of ours that speaks the documented protocol, where nothing else could be had.',
    table(
      ['connector', 'kind', 'with', 'what that leaves open'],
      definitions.flatMap(({ name, testedAgainst }) =>
        testedAgainst.map(({ kind, name: what, note = '' }) => [name, kind, what, note]),
      ),
    ),
  ].join('\n\n')
}

function section(definition: ConnectorDefinition): string {
  const { name, title, schemes, drivers = [], configSchema, types = [] } = definition
  const parts = [`### ${title} (${name})`, `Addresses: ${addresses(schemes)}.${install(drivers)}`]
  parts.push(
    table(
      ['setting', 'value', 'default', 'environment', 'meaning'],
      configSchema.order.flatMap((key) => {
        const property = configSchema.properties[key]
        if (!property) return []
        const required = configSchema.required.includes(key) && property.default === undefined
        const marks = [required ? 'required' : '', configSchema.secret.includes(key) ? 'secret' : ''].filter(Boolean)
        const value = property.enum ? property.enum.map(code).join(', ') : property.type
        return [
          [
            code(key),
            [value, ...marks].join(', '),
            property.default === undefined ? '' : code(String(property.default)),
            (property.env ?? []).map(code).join(', '),
            [property.title, property.description].filter(Boolean).join('. '),
          ],
        ]
      }),
    ),
  )
  if (types.length > 0) {
    parts.push(
      table(
        ['type', 'read as', 'suggested for ClickHouse', 'remark'],
        types.map(({ source, type, suggested: own, remark }) => {
          const suggested = suggestColumn({ name: source, type, nullable: false, sourceType: source })
          const usual = own === undefined ? suggested.remark : undefined
          return [code(source), type.kind, code(own ?? suggested.chType.name), remark ?? usual ?? '']
        }),
      ),
    )
  }
  return parts.join('\n\n')
}

function addresses(schemes: readonly string[]): string {
  return schemes.length > 0 ? schemes.map((scheme) => code(`${scheme}:`)).join(', ') : 'a path, or `-`'
}

function install(drivers: readonly string[]): string {
  return drivers.length === 0 ? '' : ` Install with it: ${code(`npm install ${drivers.join(' ')}`)}.`
}

function anchor(title: string, name: string): string {
  return `${title} (${name})`
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

function yes(value: boolean): string {
  return value ? 'yes' : ''
}

function code(text: string): string {
  return `\`${text}\``
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

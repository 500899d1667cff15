import type { ValueCase } from './value-case.ts'

/** `docs/conformance.md`: the value tables that the tests hold every export against. */
export function conformancePage(
  sources: readonly { readonly title: string; readonly cases: readonly ValueCase[] }[],
): string {
  return [
    '# Conformance: what every value looks like',
    '',
    'Every row of these tables is inserted into a real server by the test suite, exported as CSV, NDJSON and',
    'Parquet, and compared exactly. NULL is an empty field in CSV, `null` in NDJSON and a null in Parquet, for every type.',
    'CSV shows the text of the field; a field with a quote, comma or line break is quoted on top, and the empty string is `""`.',
    'The Parquet column shows the type and value that DuckDB reads. *policy* means that the Parquet type cannot hold the',
    'value: `--on-unrepresentable` decides between an error (the default), NULL and a text column, and the manifest counts',
    'it under the reason shown.',
    '',
    ...sources.flatMap(({ title, cases }) => [`## ${title}`, '', ...cases.flatMap(section)]),
  ].join('\n')
}

function section(value: ValueCase): string[] {
  return [
    `### \`${value.type}\``,
    '',
    ...(value.pitfall ? [`Elsewhere: ${value.pitfall}`, ''] : []),
    `| value | CSV | NDJSON | Parquet ${code(value.parquetType)} |`,
    '|---|---|---|---|',
    ...value.values.map(
      (row) =>
        `| ${code(row.sql)} | ${code(row.csv)} | ${code(row.ndjson)}${counted(row.ndjsonLoss)} | ${typeof row.parquet === 'string' ? code(row.parquet) + counted(row.parquetLoss) : `*policy*: ${row.parquet.policy}`} |`,
    ),
    '',
  ]
}

function counted(reason: string | undefined): string {
  return reason ? ` (counted: ${reason})` : ''
}

/** Control characters are shown as escapes, and a pipe may not end the cell. */
function code(text: string): string {
  if (text === '') return '(empty)'
  const visible = text
    .replaceAll(/[\p{Cc}\u2028]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('|', '\\|')
  return visible.includes('`') ? `\`\` ${visible} \`\`` : `\`${visible}\``
}

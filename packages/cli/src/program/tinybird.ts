import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Run } from './run.ts'
import { addTinybirdLocal } from './tinybird-local.ts'

const variables =
  'TB_CDK_TOKEN is the token, TB_CDK_ENDPOINT the address (default: https://api.tinybird.co), TB_CDK_TAG names what runs in logs.'

export function addTinybird(program: Command, run: Run): void {
  const tinybird = program.command('tinybird').description('Loads into Tinybird and queries it.')
  tinybird
    .command('query')
    .description(`Prints the result of a query at Tinybird as a JSON array. ${variables}`)
    .argument('<sql>', 'One SELECT.')
    .option('--scalar', 'Prints only the first value of the first row, bare; null when there is none.')
    .option('--pipe <name>', 'A pipe whose nodes the query may name.')
    .addOption(githubOutput())
    .action((sql: string, values) =>
      run(async (context) => (await import('../commands/tinybird.ts')).queryTinybird({ sql, ...values }, context)),
    )
  for (const mode of ['append', 'replace'] as const) addLoad(tinybird, mode, run)
  addTinybirdLocal(tinybird, run)
}

function addLoad(tinybird: Command, mode: 'append' | 'replace', run: Run): void {
  const command = tinybird
    .command(mode)
    .description(
      `${mode === 'append' ? 'Adds the result of a query to a data source' : 'Replaces the rows of a data source, or some of them, by the result of a query; readers see the old rows or the new ones'}. ${variables}`,
    )
    .argument('<data-source>', 'One that does not exist is made with the suggested types.')
    .requiredOption('--connector <name>', 'Where rows come from: a connector that is configured by its own variables.')
    .requiredOption('--query <sql>', 'What is loaded.')
    .addOption(new Option('--format <format>', 'How rows travel.').choices(['csv', 'ndjson', 'parquet']).default('csv'))
    .addOption(
      new Option('--row-limit <count>', 'Loads at most so many rows.').argParser((text) => {
        if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
        return Number(text)
      }),
    )
  if (mode === 'replace') {
    command
      .option('--replace-condition <sql>', 'Replaces only the rows for which this filter of Tinybird holds.')
      .option('--allow-empty', 'Lets a query without rows clear the data source, or the rows of the condition.')
  }
  command.action((dataSource: string, values) =>
    run(async (context) => (await import('../commands/tinybird.ts')).load({ mode, dataSource, ...values }, context)),
  )
}

/** For workflows of GitHub Actions. */
export function githubOutput(): Option {
  return new Option(
    '--github-output [name]',
    'Also sets an output of the running step of GitHub Actions. Default: result.',
  ).preset('result')
}

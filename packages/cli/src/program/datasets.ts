import { type Command, Option } from 'commander'
import { parseNames } from '../parse-values.ts'
import type { Run } from './run.ts'

export function addDatasets(program: Command, run: Run): void {
  const datasets = program
    .command('datasets')
    .description('Lists datasets that pipelines published to an object store or a folder, and fetches them.')
  const load = () => import('../commands/datasets.ts')
  const list = datasets.command('ls').description('Lists the datasets of a branch.')
  addPlace(list)
    .option('--client <name>', 'Only those of this client.')
    .option('--brand <name>', 'Only those of this brand of the client.')
    .option('--json', 'Prints JSON.')
    .action((store, options) => run(async (context) => (await load()).listDatasetsOf({ store, ...options }, context)))
  const fetch = datasets
    .command('fetch')
    .description(
      'Writes the rows of a dataset to a file or to standard output. Only the partitions that are wanted are read.',
    )
  addPlace(fetch)
    .argument('<dataset>', 'Its client, brand, state and name: acme/wonder/ingest/sales.')
    .option(
      '--filter <text>',
      'A partition, one of == != > < >= <=, and values: "country==DE,FR", "__metadata_run_id>=17". Repeat it; all have to hold. `null` is no value, and country==["a, b"] as JSON takes any text.',
      (text: string, all: readonly string[] = []) => [...all, text],
    )
    .option('--columns <names>', 'Only these columns, separated by commas.')
    .option('-o, --out <file>', 'Where to write. Default: standard output.')
    .addOption(
      new Option('--format <format>', 'Default: by the name of the file, else csv.').choices([
        'csv',
        'ndjson',
        'parquet',
      ]),
    )
    .action((store, dataset, { columns, ...options }) =>
      run(async (context) => {
        const names = columns === undefined ? undefined : (parseNames(columns) ?? [])
        return (await load()).fetchDatasetTo({ store, dataset, ...options, ...(names && { columns: names }) }, context)
      }),
    )
}

function addPlace(command: Command): Command {
  return command
    .argument('<store>', 'A URI of a bucket or folder, or a connection.')
    .option('--environment <name>', 'dev, uat or prod. Default: MILLRACE_ENVIRONMENT, else ENVIRONMENT, else dev.')
    .option('--branch <name>', 'Default: MILLRACE_BRANCH_NAME; else the git branch in dev, elsewhere the environment.')
}

import { type Command, Option } from 'commander'
import type { Run } from './run.ts'
import { githubOutput } from './tinybird.ts'

export function addConnectors(program: Command, run: Run): void {
  const connectors = program
    .command('connectors')
    .description('Lists connectors, tests connections, looks into systems, and helps to write connectors.')
  const load = () => import('../commands/connectors.ts')
  connectors
    .command('list')
    .description('Lists the systems that can be read from and written to.')
    .option('--json', 'Prints JSON.')
    .action(({ json = false }) => run(async (context) => (await load()).listConnectors({ json }, context)))
  connectors
    .command('show')
    .description('Shows the settings of a connector and the environment variables that supply them.')
    .argument('<name>', 'A connector.')
    .option('--json', 'Prints JSON.')
    .action((name, { json = false }) => run(async (context) => (await load()).showConnector({ name, json }, context)))
  connectors
    .command('test')
    .description('Tries a connection. Ends with code 2 when it fails.')
    .argument('<uri>', 'A URI, a path or a connection.')
    .option('--json', 'Prints JSON.')
    .action((uri, { json = false }) => run(async (context) => (await load()).testConnection({ uri, json }, context)))
  connectors
    .command('discover')
    .description('Lists the tables that can be read.')
    .argument('<uri>', 'A URI, a path or a connection.')
    .argument('[patterns...]', 'Only tables that match, such as "sales.*".')
    .option('--columns', 'Also shows columns, types and estimated rows.')
    .option('--json', 'Prints JSON.')
    .action((uri, patterns, { columns = false, json = false }) =>
      run(async (context) => (await load()).discover({ uri, patterns, columns, json }, context)),
    )
  connectors
    .command('query')
    .description(
      'Prints the result of a query that only reads; for look-ups, since the whole result is kept in memory.',
    )
    .argument('<uri>', 'A URI, a path or a connection.')
    .argument('<sql>', 'One statement.')
    .option('--scalar', 'Prints only the first value of the first row, bare; null when there is none.')
    .option('--json', 'Prints JSON.')
    .addOption(githubOutput())
    .action((uri, sql, { scalar = false, json = false, githubOutput }) =>
      run(async (context) => (await load()).query({ uri, sql, scalar, json, githubOutput }, context)),
    )
  connectors
    .command('create')
    .description(
      'Writes the folder of a new connector, which works and passes the tests of its kind, to be changed into what is wanted.',
    )
    .argument('<name>', 'Lower-case letters, digits and hyphens.')
    .addOption(
      new Option('--kind <kind>', 'A database or warehouse, an object store, a message broker, an API, or a messenger.')
        .choices(['sql', 'object-store', 'stream', 'api', 'notify'])
        .default('sql'),
    )
    .option('--into <folder>', 'Where its folder goes. Default: connectors.')
    .action((name, { kind, into }) =>
      run(async (context) => {
        const { createConnectorFolder } = await import('../commands/create-connector.ts')
        return createConnectorFolder({ name, kind, ...(into === undefined ? {} : { into }) }, context)
      }),
    )
  connectors
    .command('schema')
    .description(
      'Prints the JSON Schema of the settings of all connectors, from which forms and validation are made; secret settings are marked.',
    )
    .argument('[name]', 'Only one connector.')
    .option('--write [file]', 'Writes it to a file instead. Default: connectors.schema.json.')
    .option('--check <file>', 'Compares it with a file. Ends with code 5 when they differ.')
    .action((name, { write, check }) =>
      run(async (context) => (await load()).printSchema({ name, write, check }, context)),
    )
}

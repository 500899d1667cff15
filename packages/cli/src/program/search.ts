import { type Command, Option } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, wholeNumber } from './server-options.ts'

export function addSearch(program: Command, run: Run): void {
  const command = program
    .command('search')
    .summary('Finds users, groups, projects and data connectors.')
    .description(
      'Finds users, groups, projects and data connectors that you may see, by words and by fields: type:Project, keyword:genomics, createdby:@ada, visibility:public, created>2026-01-01, sort:name-asc.',
    )
    .argument('<words...>', 'Words, and conditions like field:value.')
    .addOption(
      new Option('--limit <number>', 'How many to show at most.').default(20).argParser(wholeNumber({ maximum: 100 })),
    )
  addServerOptions(command).action((words, values) =>
    run(async (context) => {
      const { search } = await import('../commands/search.ts')
      return search({ words, ...values }, context)
    }),
  )
}

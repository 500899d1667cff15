import type { Command } from 'commander'
import { addBackfill } from './backfill.ts'
import { addDeploy } from './deploy.ts'
import { addJobs } from './jobs.ts'
import { addPipelines } from './pipelines.ts'
import { addPools } from './pools.ts'
import type { Run } from './run.ts'
import { addRuns } from './runs.ts'
import { addSchedules } from './schedules.ts'
import { addTokens } from './tokens.ts'
import { addTrigger } from './trigger.ts'
import { addVariables } from './variables.ts'
import { addWorkers } from './workers.ts'
import { addWorkflows } from './workflows.ts'

/** The commands that speak to a server. */
export function addServerCommands(program: Command, run: Run): void {
  for (const add of [addDeploy, addTrigger, addRuns, addWorkflows, addBackfill, addSchedules]) add(program, run)
  for (const add of [addPipelines, addPools, addVariables, addWorkers, addTokens, addJobs]) add(program, run)
}

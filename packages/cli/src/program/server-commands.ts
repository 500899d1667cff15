import type { Command } from 'commander'
import { addAdmin } from './admin.ts'
import { addBackfill } from './backfill.ts'
import { addConnections } from './connections.ts'
import { addDeploy } from './deploy.ts'
import { addGroups } from './groups.ts'
import { addJobs } from './jobs.ts'
import { addLogin } from './login.ts'
import { addMembers } from './members.ts'
import { addPipelines } from './pipelines.ts'
import { addPools } from './pools.ts'
import { addProjects } from './projects.ts'
import type { Run } from './run.ts'
import { addRuns } from './runs.ts'
import { addSchedules } from './schedules.ts'
import { addSearch } from './search.ts'
import { addSecrets } from './secrets.ts'
import { addTokens } from './tokens.ts'
import { addTrigger } from './trigger.ts'
import { addVariables } from './variables.ts'
import { addWorkers } from './workers.ts'
import { addWorkflows } from './workflows.ts'

/** The commands that speak to a server. */
export function addServerCommands(program: Command, run: Run): void {
  for (const add of [addLogin, addDeploy, addTrigger, addRuns, addWorkflows, addBackfill, addSchedules])
    add(program, run)
  for (const add of [addPipelines, addPools, addVariables, addWorkers, addTokens, addJobs]) add(program, run)
  for (const add of [addProjects, addGroups, addMembers, addSecrets, addConnections, addSearch, addAdmin])
    add(program, run)
}

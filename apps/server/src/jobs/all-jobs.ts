import { reprovisionJob } from '../search/index.ts'
import { secretRotation } from '../secrets/index.ts'
import { adminSync, fullUserSync, userSync } from '../user-sync/index.ts'
import type { Job } from './job.ts'
import { relationRepair } from './relation-repair.ts'
import { retention } from './retention.ts'
import { userNamespaces } from './user-namespaces.ts'

/** All jobs of the platform. */
export const allJobs: readonly Job[] = [
  adminSync,
  fullUserSync,
  relationRepair,
  reprovisionJob,
  retention,
  secretRotation,
  userNamespaces,
  userSync,
]

import { sql, type Trx } from '@millrace/db'
import { change } from '../change.ts'
import type { ServerContext } from '../server-context.ts'
import { environmentPost } from './schemas.ts'
import { environmentSettings, insertEnvironment, listGlobalEnvironments } from './store.ts'

const jupyter = { working_directory: '/home/jovyan/work', mount_directory: '/home/jovyan/work', gid: 100, port: 8888 }

const firstEnvironments = [
  {
    name: 'Python with JupyterLab',
    description: 'Python with the common packages for data.',
    container_image: 'jupyter/scipy-notebook',
    ...jupyter,
  },
  {
    name: 'Plain JupyterLab',
    description: 'Python and JupyterLab and no more.',
    container_image: 'jupyter/minimal-notebook',
    ...jupyter,
  },
  {
    name: 'R with JupyterLab',
    description: 'R with the common packages for data.',
    container_image: 'jupyter/r-notebook',
    ...jupyter,
  },
  {
    name: 'Python, R and Julia with JupyterLab',
    description: 'Three languages with the common packages for data.',
    container_image: 'jupyter/datascience-notebook',
    ...jupyter,
  },
  {
    name: 'R with RStudio',
    description: 'R in its usual development environment.',
    container_image: 'rocker/rstudio',
    default_url: '/',
    working_directory: '/home/rstudio',
    mount_directory: '/home/rstudio',
    port: 8787,
  },
  {
    name: 'Visual Studio Code',
    description: 'An editor with a terminal, for any language.',
    container_image: 'codercom/code-server',
    default_url: '/',
    working_directory: '/home/coder',
    mount_directory: '/home/coder',
    port: 8080,
  },
].map((one) => environmentPost.parse({ ...one, environment_image_source: 'image' }))

/** Makes six environments where there is none; of servers that start at once one does. */
export async function seedEnvironments({ db }: Pick<ServerContext, 'db'>): Promise<void> {
  if (await hasAny(db)) return
  const actor = { id: 'platform:start' }
  await change(db, actor, async (trx: Trx) => {
    await trx.execute(sql`lock table sessions.environment in share row exclusive mode`)
    if (await hasAny(trx)) return
    for (const { environment_image_source: _, ...one } of firstEnvironments) {
      await insertEnvironment(trx, { ...environmentSettings(one), kind: 'GLOBAL', createdBy: actor.id })
    }
  })
}

async function hasAny(db: Parameters<typeof listGlobalEnvironments>[0]): Promise<boolean> {
  const { total } = await listGlobalEnvironments(db, { includeArchived: true }, { limit: 1, offset: 0 })
  return total > 0
}

import { createHash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { type Queryable, sql } from '@millrace/db'
import { packageKey } from '@millrace/engine'
import { forbidden, invalid, notFound } from '@millrace/http'
import type { Authz } from '../authz/index.ts'
import { sha256Text } from '../common-schemas.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import { visibleProjects } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'

const tag = 'packages'
const params = z.strictObject({ sha256: sha256Text })
const packageSchema = z.object({ sha256: z.string(), bytes: z.int() }).openapi('Package')

/** A package is kept whole in memory while it is checked. */
const maxPackageBytes = 256 * 1024 * 1024

export function packageRoutes(api: ServerApi, { db, authz, engine: { artifacts } }: ServerContext): void {
  api.endpoint(
    {
      method: 'put',
      path: '/api/packages/{sha256}',
      operationId: 'uploadPackage',
      tag,
      access: 'user',
      summary: 'Upload the code of workflows',
      description:
        'A zip that `millrace build` writes, under the SHA-256 of its bytes. What is there already answers 200.',
      params,
      bytes: { contentType: 'application/zip' },
      maxBodyBytes: maxPackageBytes,
      answers: { 200: packageSchema, 201: packageSchema },
    },
    async ({ principal, params: { sha256 }, bytes }) => {
      if (!(await mayDeploySomewhere(db, authz, principal))) {
        throw forbidden(
          'PROJECT_REQUIRED',
          'Packages are uploaded by those who may change a project. Create one, or ask the owner of one to make you an editor.',
        )
      }
      const hash = createHash('sha256').update(bytes).digest('hex')
      if (hash !== sha256) {
        throw invalid(
          'PACKAGE_HASH_WRONG',
          `The package has the SHA-256 ${hash}, not ${sha256}: it was changed on its way. Upload it again.`,
        )
      }
      if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') !== 'PK\x03\x04') {
        throw invalid('PACKAGE_INVALID', 'The package is no zip archive. Make it by "millrace build".')
      }
      const key = packageKey(sha256)
      const body = { sha256, bytes: bytes.byteLength }
      if ((await artifacts.size(key)) === bytes.byteLength) return { status: 200, body }
      await artifacts.put(key, bytes)
      return { status: 201, body }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/packages/{sha256}',
      operationId: 'getPackage',
      tag,
      access: 'user',
      summary: 'Whether a package is there',
      params,
      answers: { 200: packageSchema },
    },
    async ({ params: { sha256 } }) => {
      const bytes = await artifacts.size(packageKey(sha256))
      if (bytes === 0) throw notFound('PACKAGE_MISSING', `There is no package ${sha256}. Upload it first.`)
      return { status: 200, body: { sha256, bytes } }
    },
  )
}

async function mayDeploySomewhere(db: Queryable, authz: Authz, caller: UserPrincipal): Promise<boolean> {
  if (caller.isAdmin) return true
  const found = await db.maybe(
    sql`select from common.project p where ${visibleProjects(authz, caller, 'write')} limit 1`,
  )
  return found !== undefined
}

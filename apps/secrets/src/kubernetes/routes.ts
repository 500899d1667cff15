import { z } from '@hono/zod-openapi'
import { HttpError, invalid } from '@millrace/http'
import { openLayers, refuseMissing } from '../open-layers.ts'
import { readUserSecrets } from '../sealed-store.ts'
import type { SecretsApi, SecretsContext } from '../secrets-context.ts'

/** The one cluster that there is; others have no place in the configuration. */
const defaultCluster = '0RENK1RENK2RENK3RENK4RENK5'

const clusterName = (maximum: number) =>
  z
    .string()
    .max(maximum)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'has to be a name of Kubernetes')
const fileName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^(?!\.{1,2}$)[-._a-zA-Z0-9]+$/, 'has to consist of letters, digits, "-", "_" and "."')

const body = z.strictObject({
  name: clusterName(253),
  namespace: clusterName(63).refine((name) => !name.includes('.'), 'must not hold a "."'),
  secret_ids: z.array(z.ulid()).min(1).max(100),
  owner_references: z
    .array(
      z.strictObject({
        apiVersion: z.string().min(1).max(253),
        kind: z.string().min(1).max(253),
        name: z.string().min(1).max(253),
        uid: z.string().min(1).max(253),
      }),
    )
    .max(100),
  key_mapping: z.record(z.string(), z.union([fileName, z.array(fileName).min(1).max(100)])).optional(),
  cluster_id: z.string().max(100).optional(),
})

export function kubernetesRoutes(api: SecretsApi, context: SecretsContext): void {
  api.endpoint(
    {
      method: 'post',
      path: '/api/secrets/kubernetes',
      operationId: 'putKubernetesSecret',
      tag: 'secrets',
      access: 'user',
      summary: 'Put secrets of the caller into the cluster',
      description:
        'Each stands there as it opens with the key of the caller: the store of the cluster never holds the values themselves.',
      body,
      answers: { 201: z.object({ name: z.string() }).openapi('KubernetesSecret') },
    },
    async ({ principal, body: { name, namespace, secret_ids, owner_references, key_mapping, cluster_id } }) => {
      if (cluster_id !== undefined && cluster_id !== defaultCluster) {
        throw invalid(
          'CLUSTER_UNKNOWN',
          `There is no cluster "${cluster_id}". Leave the field out for the one there is.`,
        )
      }
      const ids = [...new Set(secret_ids)]
      const rows = await readUserSecrets(context.db, principal.id, ids)
      refuseMissing(ids, new Set(rows.map(({ secretId }) => secretId)))
      const fileNames = fileNamesOf(rows, key_mapping)
      if (context.kubernetes === null) throw notMade()
      const opened = await openLayers(context, rows)
      const data = Object.fromEntries(
        rows.flatMap((row) => (fileNames.get(row.secretId) ?? []).map((file) => [file, opened.get(row.id) ?? ''])),
      )
      const secret = { name, namespace, data, ownerReferences: owner_references, owner: principal.id }
      await context.kubernetes.applySecret(secret).catch((error: Error) => {
        context.log.error({ name, namespace, reason: error.message }, 'a secret could not be put into the cluster')
        throw notMade()
      })
      return { status: 201, body: { name } }
    },
  )
}

/** Names of files by id of a secret. */
function fileNamesOf(
  rows: readonly { readonly secretId: string; readonly defaultFilename: string }[],
  mapping: Readonly<Record<string, string | readonly string[]>> | undefined,
): Map<string, readonly string[]> {
  if (mapping === undefined) return uniqueNames(rows.map((row) => [row.secretId, [row.defaultFilename]]))
  const given = Object.keys(mapping)
  const ids = new Set(rows.map(({ secretId }) => secretId))
  if (given.length !== ids.size || given.some((id) => !ids.has(id))) {
    throw invalid(
      'KEY_MAPPING_INCOMPLETE',
      'key_mapping has to name exactly the secrets of secret_ids, each of them once.',
    )
  }
  return uniqueNames(Object.entries(mapping).map(([id, names]) => [id, typeof names === 'string' ? [names] : names]))
}

function uniqueNames(entries: readonly (readonly [string, readonly string[]])[]): Map<string, readonly string[]> {
  const names = entries.flatMap(([, names]) => names)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return new Map(entries)
  throw invalid(
    'KEY_MAPPING_DUPLICATE',
    `Two secrets would have the file name "${twice}". Give each one of its own in key_mapping.`,
  )
}

/** The cause is in the log only. */
function notMade(): HttpError {
  return new HttpError(
    500,
    'KUBERNETES_SECRET_FAILED',
    'The secret could not be put into the cluster. The log of the secrets service says why.',
    {
      number: 1511,
    },
  )
}

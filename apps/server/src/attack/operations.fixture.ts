import type { OpenApiDocument } from '@millrace/http'
import type { Things } from './world.fixture.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  readonly schema: JsonSchema
}

// biome-ignore lint/suspicious/noExplicitAny: JSON Schema as it stands in the document
export type JsonSchema = any

export interface Operation {
  /** Such as `GET /api/runs/{run}`. */
  readonly key: string
  readonly method: string
  readonly path: string
  readonly operationId: string
  /** What the document says about who may call. */
  readonly access: 'anyone' | 'open' | 'signed in'
  readonly parameters: readonly Parameter[]
  readonly body: { readonly contentType: string; readonly schema: JsonSchema } | null
  readonly isBodyRequired: boolean
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: JsonSchema }>> }>>
}

/** Everything that the document says one can ask for. */
export function operationsOf(document: OpenApiDocument): readonly Operation[] {
  const paths = document.paths as Record<string, Record<string, JsonSchema>>
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Operation => {
      const { operationId, security, parameters = [], requestBody, responses } = operation
      const [content] = Object.entries(requestBody?.content ?? {}) as [string, { schema: JsonSchema }][]
      return {
        ...{
          key: `${method.toUpperCase()} ${path}`,
          method: method.toUpperCase(),
          path,
          operationId,
          parameters,
          responses,
        },
        access: accessOf(security),
        body: content === undefined ? null : { contentType: content[0], schema: content[1].schema },
        isBodyRequired: requestBody?.required === true,
      }
    }),
  )
}

/** An empty requirement: sign-in is not needed. */
function accessOf(security: readonly object[]): Operation['access'] {
  if (security.length === 0) return 'anyone'
  return security.some((one) => Object.keys(one).length === 0) ? 'open' : 'signed in'
}

/** Names of things by the parameters of paths; the first line whose path fits counts. */
const placeholders: readonly (readonly [RegExp, string, string])[] = [
  [/^\/api\/namespaces\/\{slug\}/, 'slug', 'group'],
  [/^\/api\/data\/groups\//, 'slug', 'group'],
  [/^\/api\/data\/namespaces\/\{slug\}$/, 'slug', 'group'],
  [/\/global\/\{slug\}$/, 'slug', 'connectorSlug'],
  [/\/projects\/\{project\}\/data_connectors\/\{slug\}$/, 'slug', 'connectorSlug'],
  [/\/projects\/\{project\}\/data_connectors\/\{slug\}$/, 'project', 'projectSlug'],
  [/\/data_connectors\/\{slug\}$/, 'slug', 'ownConnectorSlug'],
  [/^\/api\/data\/namespaces\//, 'slug', 'projectSlug'],
  [/./, 'namespace', 'user'],
  [/^\/api(\/data)?\/projects\//, 'id', 'project'],
  [/^\/api\/tokens\//, 'id', 'token'],
  // Nobody here has a session: the id of something else.
  [/^\/api\/auth\//, 'id', 'token'],
  [/^\/api\/data\/user\/secrets\//, 'id', 'userSecret'],
  [/^\/api\/data\/session_secret_slots\//, 'id', 'slot'],
  [/^\/api\/clients\//, 'id', 'client'],
  [/^\/api\/brands\//, 'id', 'brand'],
  [/^\/api\/segments\//, 'id', 'segment'],
  [/^\/api\/pipeline-types\//, 'id', 'pipelineType'],
  [/^\/api\/pipeline-templates\//, 'id', 'template'],
  [/^\/api\/pipelines\//, 'id', 'pipeline'],
  [/^\/api\/projects\//, 'variable', 'projectVariable'],
  [/./, 'variable', 'variable'],
  [/^\/api\/projects\//, 'secret', 'projectSecret'],
  [/^\/api\/namespaces\//, 'secret', 'groupSecret'],
  [/^\/api\/platform\//, 'secret', 'platformSecret'],
  [/^\/api\/projects\//, 'connection', 'projectConnection'],
  [/^\/api\/namespaces\//, 'connection', 'groupConnection'],
  [/./, 'connection', 'platformConnection'],
  [/./, 'project_id', 'project'],
  [/./, 'project', 'project'],
  [/\{link_id\}$/, 'data_connector_id', 'linkConnector'],
  [/./, 'link_id', 'link'],
  [/./, 'data_connector_id', 'connector'],
  [/./, 'storage_id', 'storage'],
  [/./, 'launcher_id', 'launcher'],
  [/./, 'environment_id', 'environment'],
  [/./, 'pool_id', 'pool'],
  [/./, 'class_id', 'class'],
  [/./, 'provider_id', 'provider'],
  [/./, 'connection_id', 'connection'],
  [/./, 'user_id', 'user'],
  [/./, 'member_id', 'user'],
  [/./, 'group', 'group'],
  [/./, 'workflow', 'workflow'],
  [/^\/api\/(runs|worker)\//, 'run', 'run'],
  [/./, 'task_run', 'taskRun'],
  [/./, 'attempt', 'attempt'],
  [/./, 'backfill', 'backfill'],
  [/./, 'pool', 'enginePool'],
  [/./, 'sha256', 'sha256'],
  [/./, 'worker', 'worker'],
  [/./, 'transformation', 'transformation'],
  [/./, 'source_url', 'redirect'],
]

/** Values of parameters of paths that name no thing of somebody. */
const literals: Things = {
  version: '1',
  job: 'search-reprovision',
  run: '999',
  name: 'postgres',
  member_type: 'project',
  url: 'https://git.example.com/a/b',
  token: '999',
}

/** The kind of thing that a parameter of a path names, or null when it names none. */
export function kindOf(path: string, parameter: string): string | null {
  return placeholders.find(([pattern, name]) => name === parameter && pattern.test(path))?.[2] ?? null
}

/** Names of the parameters of a path, in order. */
export function parametersOf(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
}

/** The path with the things of a world in it. */
export function placeIn(path: string, things: Things, given: Things = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const kind = kindOf(path, name)
    const value = given[name] ?? (kind === null ? literals[name] : things[kind])
    if (value === undefined)
      throw new Error(`Nobody says what {${name}} of ${path} is. Add it to operations.fixture.ts.`)
    return encodeURIComponent(value)
  })
}

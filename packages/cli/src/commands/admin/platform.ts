import { type Context, exitCodes } from '../../context.ts'
import { factsText } from '../../output/facts.ts'
import { printJson } from '../../output/print-json.ts'
import { printable } from '../../output/printable.ts'
import { type ServerRequest, withUser } from '../../server-connection.ts'
import { refuseNothing } from '../projects.ts'

type Creators = 'admins' | 'everybody'

const sent = { admins: 'admins_only', everybody: 'registered_users' } as const
const said = { admins_only: 'administrators', registered_users: 'everybody who is signed in' } as const

const authorization = '/api/data/platform/authorization_config'
const config = '/api/data/platform/config'

export async function showConfig(request: ServerRequest, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const [who, { incident_banner }] = [await client.get(authorization), await client.get(config)]
    const { create_projects, create_groups } = who
    if (request.json) return printJson({ create_projects, create_groups, incident_banner }, context)
    context.out(
      factsText('The platform', [
        ['projects are made by', said[create_projects]],
        ['groups are made by', said[create_groups]],
        ['banner', incident_banner === '' ? 'none' : incident_banner],
      ]),
    )
    return exitCodes.done
  })
}

export async function setConfig(
  request: ServerRequest & { readonly createProjects?: Creators; readonly createGroups?: Creators },
  context: Context,
): Promise<number> {
  const { createProjects, createGroups } = request
  const body = {
    ...(createProjects === undefined ? {} : { create_projects: sent[createProjects] }),
    ...(createGroups === undefined ? {} : { create_groups: sent[createGroups] }),
  }
  refuseNothing(body, 'admin config')
  return await withUser(request, context, async (client) => {
    const { etag } = await client.get(authorization)
    const { create_projects, create_groups } = await client.patch(authorization, {
      headers: { 'if-match': etag },
      body,
    })
    if (request.json) return printJson({ create_projects, create_groups }, context)
    context.out(`Projects are made by ${said[create_projects]}, groups by ${said[create_groups]}.\n`)
    return exitCodes.done
  })
}

export async function showBanner(request: ServerRequest, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { incident_banner } = await client.get(config)
    if (request.json) return printJson({ incident_banner }, context)
    if (incident_banner === '') context.err('There is no banner.\n')
    else context.out(`${printable(incident_banner, { lines: true })}\n`)
    return exitCodes.done
  })
}

/** An empty text takes it away. */
export async function setBanner(request: ServerRequest & { readonly text: string }, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { etag } = await client.get(config)
    const body = { incident_banner: request.text }
    const { incident_banner } = await client.patch(config, { headers: { 'if-match': etag }, body })
    if (request.json) return printJson({ incident_banner }, context)
    context.out(incident_banner === '' ? 'There is no banner any more.\n' : 'Everybody sees the banner now.\n')
    return exitCodes.done
  })
}

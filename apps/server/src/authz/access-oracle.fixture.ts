import type { Caller, ObjectRef, ObjectType, Relation } from './authz.ts'

/** What somebody may do, worked out from relations one after the other: slow, plain, and knowing nothing of `schema.ts`. */
export function createOracle(relations: readonly Relation[]): Oracle {
  const byObject = Map.groupBy(relations, ({ object, relation }) => `${object.type}:${object.id}#${relation}`)
  const subjects = (object: ObjectRef, relation: string) =>
    (byObject.get(`${object.type}:${object.id}#${relation}`) ?? []).map(({ subject }) => subject)

  return (caller, permission, object) => {
    const is = (relation: string, at = object) =>
      subjects(at, relation).some(({ type, id }) =>
        caller.kind === 'anonymous'
          ? type === 'anonymous_user' && id === '*'
          : type === 'user' && (id === '*' || id === caller.id),
      )
    const isAdmin = caller.isAdmin || (caller.kind === 'user' && is('admin', { type: 'platform', id: 'renku' }))
    const hasRole = (at: ObjectRef) => is('owner', at) || is('editor', at) || is('viewer', at)
    const on = (relation: string, wanted: string, at: ObjectRef) =>
      subjects(at, relation).some((subject) => may(subject, wanted))

    function may(at: ObjectRef, wanted: string): boolean {
      const answer = tables[at.type]?.[wanted]
      if (answer === undefined) throw new Error(`The table has no ${wanted} of a ${at.type}.`)
      return answer(at)
    }

    const projectLike = (namespace: string): Table => ({
      delete: (at) => is('owner', at) || isAdmin || on(namespace, 'delete', at),
      change_membership: (at) => may(at, 'delete'),
      write: (at) => is('editor', at) || may(at, 'delete'),
      non_public_read: (at) => (hasRole(at) || on(namespace, 'read_children', at)) && !is('public_viewer', at),
      exclusive_owner: (at) => is('owner', at) || on(namespace, 'exclusive_owner', at),
      exclusive_editor: (at) => is('editor', at),
      exclusive_member: (at) => hasRole(at) || on(namespace, 'exclusive_member', at),
      direct_member: hasRole,
    })

    const tables: Readonly<Partial<Record<ObjectType, Table>>> = {
      platform: {
        is_admin: () => isAdmin,
        create_projects: (at) => isAdmin || is('project_creator', at),
        create_groups: (at) => isAdmin || is('group_creator', at),
      },
      group: {
        delete: (at) => is('owner', at) || isAdmin,
        change_membership: (at) => is('owner', at) || isAdmin,
        write: (at) => is('editor', at) || is('owner', at) || isAdmin,
        read_children: (at) => hasRole(at) || isAdmin,
        read: (at) => is('public_viewer', at) || hasRole(at) || isAdmin,
        non_public_read: (at) => hasRole(at) && !is('public_viewer', at),
        exclusive_owner: (at) => is('owner', at),
        exclusive_editor: (at) => is('editor', at),
        exclusive_member: hasRole,
        direct_member: hasRole,
      },
      user_namespace: {
        delete: (at) => is('owner', at) || isAdmin,
        write: (at) => is('owner', at) || isAdmin,
        read_children: (at) => is('owner', at) || isAdmin,
        read: (at) => is('public_viewer', at) || is('owner', at) || isAdmin,
        non_public_read: (at) => is('owner', at) && !is('public_viewer', at),
        exclusive_owner: (at) => is('owner', at),
        exclusive_member: (at) => is('owner', at),
        direct_member: (at) => is('owner', at),
      },
      project: {
        ...projectLike('project_namespace'),
        read_children: (at) => is('viewer', at) || may(at, 'write') || on('project_namespace', 'read_children', at),
        read: (at) => is('public_viewer', at) || may(at, 'read_children'),
      },
      data_connector: {
        ...projectLike('data_connector_namespace'),
        read: (at) =>
          is('public_viewer', at) ||
          is('viewer', at) ||
          may(at, 'write') ||
          on('data_connector_namespace', 'read_children', at),
      },
      resource_pool: {
        read: (at) =>
          isAdmin ||
          (!is('prohibited', at) &&
            (is('viewer', at) ||
              is('public_viewer', at) ||
              on('group_viewer', 'direct_member', at) ||
              on('project_viewer', 'direct_member', at))),
        write: () => isAdmin,
      },
    }
    return may(object, permission)
  }
}

/** Every permission that the specification has. */
export const permissions: Readonly<Partial<Record<ObjectType, readonly string[]>>> = {
  platform: ['is_admin', 'create_projects', 'create_groups'],
  group: [
    ...['delete', 'change_membership', 'write', 'read_children', 'read', 'non_public_read'],
    ...['exclusive_owner', 'exclusive_editor', 'exclusive_member', 'direct_member'],
  ],
  user_namespace: [
    ...['delete', 'write', 'read_children', 'read', 'non_public_read'],
    ...['exclusive_owner', 'exclusive_member', 'direct_member'],
  ],
  project: [
    ...['delete', 'change_membership', 'write', 'read_children', 'read', 'non_public_read'],
    ...['exclusive_owner', 'exclusive_editor', 'exclusive_member', 'direct_member'],
  ],
  data_connector: [
    ...['delete', 'change_membership', 'write', 'read', 'non_public_read'],
    ...['exclusive_owner', 'exclusive_editor', 'exclusive_member', 'direct_member'],
  ],
  resource_pool: ['read', 'write'],
}

export type Oracle = (caller: Caller, permission: string, object: ObjectRef) => boolean

type Table = Readonly<Record<string, (at: ObjectRef) => boolean>>

import type { AnonymousPrincipal, UserPrincipal } from '../principals.ts'
import type { Caller, ObjectRef, Relation } from './authz.ts'
import { everyUser, publicViewers, userRef } from './refs.ts'

export interface World {
  readonly callers: readonly Caller[]
  readonly objects: readonly ObjectRef[]
  readonly relations: readonly Relation[]
}

const roles = ['none', 'viewer', 'editor', 'owner'] as const
const visibilities = ['private', 'public'] as const
export const platform: ObjectRef = { type: 'platform', id: 'renku' }

export function user(id: string, rest: Partial<UserPrincipal> = {}): UserPrincipal {
  const names = { name: id, email: null, firstName: null, lastName: null }
  return { kind: 'user', id, isAdmin: false, ...names, scopes: null, via: 'dummy', ...rest }
}

export const anonymous: AnonymousPrincipal = { kind: 'anonymous', id: 'anon-1', name: 'anonymous', isAdmin: false }

export function relate(object: ObjectRef, relation: string, subject: ObjectRef): Relation {
  return { object, relation, subject }
}

/**
 * Every role in a group or a namespace with every role on what is in it, public and private, in the group, the namespace, a
 * project of either, or nowhere, linked or not; and every way to a pool.
 */
export function everyCase(): World {
  const group: ObjectRef = { type: 'group', id: 'G' }
  const namespace: ObjectRef = { type: 'user_namespace', id: 'N' }
  const objects: ObjectRef[] = [platform, group, namespace]
  const relations: Relation[] = [
    ...publicViewers(group),
    ...publicViewers(namespace),
    relate(namespace, 'owner', userRef('namespace-owner')),
    relate(platform, 'admin', userRef('admin-by-relation')),
    relate(platform, 'project_creator', everyUser),
  ]
  const callers: Caller[] = [
    anonymous,
    user('stranger'),
    user('namespace-owner'),
    user('admin-by-relation'),
    user('admin', { isAdmin: true }),
  ]
  const members = roles.flatMap((inGroup) => roles.map((direct) => ({ id: `${inGroup}-${direct}`, inGroup, direct })))
  for (const { id, inGroup } of members) {
    callers.push(user(id))
    if (inGroup !== 'none') relations.push(relate(group, inGroup, userRef(id)))
  }
  const shown = (object: ObjectRef, visibility: 'private' | 'public') => {
    objects.push(object)
    if (visibility === 'public') relations.push(...publicViewers(object))
    for (const { id, direct } of members) if (direct !== 'none') relations.push(relate(object, direct, userRef(id)))
  }
  for (const visibility of visibilities) {
    for (const place of [group, namespace]) {
      const project: ObjectRef = { type: 'project', id: `P-${place.id}-${visibility}` }
      shown(project, visibility)
      relations.push(relate(project, 'project_namespace', place))
    }
  }
  const projects = objects.filter(({ type }) => type === 'project')
  for (const visibility of visibilities) {
    for (const place of [group, namespace, ...projects, null]) {
      for (const withRoles of [true, false]) {
        const connector: ObjectRef = { type: 'data_connector', id: `D-${place?.id}-${visibility}-${withRoles}` }
        if (withRoles) shown(connector, visibility)
        else {
          objects.push(connector)
          if (visibility === 'public') relations.push(...publicViewers(connector))
        }
        if (place !== null) relations.push(relate(connector, 'data_connector_namespace', place))
        for (const project of projects) if (withRoles) relations.push(relate(connector, 'linked_to', project))
      }
    }
    for (const [id, subjects] of Object.entries({
      group: [group],
      project: projects,
      both: [group, ...projects],
      none: [],
    })) {
      for (const prohibited of [true, false]) {
        const pool: ObjectRef = { type: 'resource_pool', id: `R-${id}-${visibility}-${prohibited}` }
        objects.push(pool)
        if (visibility === 'public') relations.push(...publicViewers(pool))
        for (const subject of subjects) relations.push(relate(pool, `${subject.type}_viewer`, subject))
        relations.push(relate(pool, 'viewer', userRef('none-viewer')), relate(pool, 'viewer', userRef('none-owner')))
        if (!prohibited) continue
        for (const { id } of callers)
          if (/none|^admin/.test(id)) relations.push(relate(pool, 'prohibited', userRef(id)))
      }
    }
  }
  return { callers, objects, relations }
}

/** Anything that the schema allows, the same for the same seed. */
export function randomWorld(seed: number): World {
  const random = randomFrom(seed)
  const chance = (share: number) => random() < share
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
  const make = (type: ObjectRef['type'], count: number): ObjectRef[] =>
    Array.from({ length: count }, (_, index) => ({ type, id: `${type}-${index}` }))
  const users = Array.from({ length: 7 }, (_, index) => user(`user-${index}`))
  const groups = make('group', 3)
  const namespaces = make('user_namespace', 3)
  const projects = make('project', 8)
  const connectors = make('data_connector', 10)
  const pools = make('resource_pool', 5)
  const relations: Relation[] = []
  for (const object of [...groups, ...projects, ...connectors]) {
    for (const { id } of users)
      if (chance(0.2)) relations.push(relate(object, pick(['owner', 'editor', 'viewer']), userRef(id)))
  }
  for (const namespace of namespaces) relations.push(relate(namespace, 'owner', userRef(pick(users).id)))
  for (const object of [...groups, ...namespaces, ...projects, ...connectors, ...pools]) {
    if (chance(0.3)) relations.push(...publicViewers(object))
  }
  for (const project of projects) {
    if (chance(0.9)) relations.push(relate(project, 'project_namespace', pick([...groups, ...namespaces])))
  }
  for (const connector of connectors) {
    if (chance(0.9))
      relations.push(relate(connector, 'data_connector_namespace', pick([...groups, ...namespaces, ...projects])))
    if (chance(0.5)) relations.push(relate(connector, 'linked_to', pick(projects)))
  }
  for (const pool of pools) {
    for (const { id } of users) {
      if (chance(0.2)) relations.push(relate(pool, 'viewer', userRef(id)))
      if (chance(0.2)) relations.push(relate(pool, 'prohibited', userRef(id)))
    }
    if (chance(0.5)) relations.push(relate(pool, 'group_viewer', pick(groups)))
    if (chance(0.5)) relations.push(relate(pool, 'project_viewer', pick(projects)))
  }
  if (chance(0.5)) relations.push(relate(platform, 'admin', userRef(pick(users).id)))
  if (chance(0.5)) relations.push(relate(platform, 'group_creator', everyUser))
  return {
    callers: [anonymous, ...users, user('user-0', { isAdmin: true })],
    objects: [platform, ...groups, ...namespaces, ...projects, ...connectors, ...pools],
    relations,
  }
}

/** Numbers from 0 up to 1 by a linear congruence, so that a failure comes again. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

import { type Db, type Sql, sql, transaction } from '@millrace/db'
import { describe, expect, it } from 'vitest'
import { createOracle, permissions } from './access-oracle.fixture.ts'
import { anonymous, everyCase, platform, randomWorld, relate, user, type World } from './access-worlds.fixture.ts'
import type { Authz, Caller, ObjectRef, ObjectType, Relation } from './authz.ts'
import { everyUser, publicViewers, userRef } from './refs.ts'

/** What holds for every way to answer who may do what. `open` gives a database without relations. */
export function authzContract(open: () => Promise<{ readonly db: Db; readonly authz: Authz }>): void {
  async function load(relations: readonly Relation[]): Promise<{ readonly db: Db; readonly authz: Authz }> {
    const opened = await open()
    await transaction(opened.db, async (trx) => await opened.authz.relate(trx, { add: relations }))
    return opened
  }

  describe('answers as the specification says', () => {
    it('for every role, permission, visibility and path of membership', async () => {
      const world = everyCase()
      const { db, authz } = await load(world.relations)
      expect(await differences(db, authz, world)).toEqual([])
    })

    it.each([1, 2, 3, 4])('in a random world (seed %i)', async (seed) => {
      const world = randomWorld(seed)
      const { db, authz } = await load(world.relations)
      expect(await differences(db, authz, world)).toEqual([])
    })
  })

  describe('what follows', () => {
    const group: ObjectRef = { type: 'group', id: 'g' }
    const other: ObjectRef = { type: 'group', id: 'h' }
    const project: ObjectRef = { type: 'project', id: 'p' }
    const inGroup: ObjectRef = { type: 'data_connector', id: 'd' }
    const inProject: ObjectRef = { type: 'data_connector', id: 'e' }
    const pool: ObjectRef = { type: 'resource_pool', id: '1' }
    const world = [
      ...publicViewers(group),
      ...(['owner', 'editor', 'viewer'] as const).flatMap((role) => [
        relate(group, role, userRef(`group-${role}`)),
        relate(project, role, userRef(`project-${role}`)),
      ]),
      relate(project, 'project_namespace', group),
      relate(inGroup, 'data_connector_namespace', group),
      relate(inProject, 'data_connector_namespace', project),
    ]
    const may = async (authz: Authz, db: Db, id: string, object: ObjectRef, wanted = ['read', 'write', 'delete']) => {
      const answers = await authz.canAll(
        db,
        user(id),
        wanted.map((permission) => ({ object, permission })),
      )
      return wanted.filter((_, place) => answers[place])
    }

    it('viewers and editors of a group read what is in it, and do not write it', async () => {
      const { db, authz } = await load(world)
      for (const id of ['group-viewer', 'group-editor']) {
        expect(await may(authz, db, id, project)).toEqual(['read'])
        expect(await may(authz, db, id, inGroup)).toEqual(['read'])
        expect(await may(authz, db, id, inProject)).toEqual(['read'])
      }
    })

    it('editors of a group may put something into it, viewers may not', async () => {
      const { db, authz } = await load(world)
      expect(await may(authz, db, 'group-editor', group)).toEqual(['read', 'write'])
      expect(await may(authz, db, 'group-viewer', group)).toEqual(['read'])
    })

    it('owners of a group do everything with what is in it', async () => {
      const { db, authz } = await load(world)
      for (const object of [group, project, inGroup, inProject]) {
        expect(
          await may(authz, db, 'group-owner', object, ['read', 'write', 'delete', 'change_membership']),
        ).toHaveLength(4)
      }
    })

    it('administrators do everything, also with what nobody related to anything', async () => {
      const { db, authz } = await load(world)
      const admin = user('root', { isAdmin: true })
      for (const object of [group, project, inProject, pool, { type: 'project', id: 'unknown' } as const]) {
        const wanted = ['read', 'write', ...(object === pool ? [] : ['delete', 'change_membership'])]
        const questions = wanted.map((permission) => ({ object, permission }))
        expect(await authz.canAll(db, admin, questions)).toEqual(questions.map(() => true))
        expect(await authz.canAll(db, user('stranger'), questions)).toEqual(
          questions.map(({ permission }) => object === group && permission === 'read'),
        )
      }
    })

    it('readers of a project read the data connectors that live in it, owners do everything with them, editors change none', async () => {
      const { db, authz } = await load(world)
      expect(await may(authz, db, 'project-viewer', inProject)).toEqual(['read'])
      expect(await may(authz, db, 'project-owner', inProject)).toEqual(['read', 'write', 'delete'])
      expect(await may(authz, db, 'project-editor', inProject)).toEqual(['read'])
      expect(await may(authz, db, 'project-editor', project)).toEqual(['read', 'write'])
    })

    it('case 8: a link from a data connector to a project grants nothing', async () => {
      const foreign: ObjectRef = { type: 'data_connector', id: 'f' }
      const { db, authz } = await load([
        ...world,
        relate(foreign, 'data_connector_namespace', other),
        relate(foreign, 'linked_to', project),
      ])
      for (const role of ['viewer', 'editor', 'owner']) {
        expect(await may(authz, db, `project-${role}`, foreign)).toEqual([])
      }
    })

    it('readers of a public project do not read the private data connectors in it', async () => {
      const { db, authz } = await load([...world, ...publicViewers(project)])
      expect(await may(authz, db, 'stranger', project)).toEqual(['read'])
      expect(await may(authz, db, 'stranger', inProject)).toEqual([])
    })

    it('case 11: what moves from one group to another is read by the members of the other, at once and only by them', async () => {
      const { db, authz } = await load([...world, relate(other, 'viewer', userRef('other-viewer'))])
      await transaction(db, async (trx) => {
        await authz.relate(trx, {
          remove: [relate(project, 'project_namespace', group)],
          add: [relate(project, 'project_namespace', other)],
        })
        expect(await authz.can(trx, user('other-viewer'), 'read', project)).toBe(true)
      })
      expect(await may(authz, db, 'other-viewer', project)).toEqual(['read'])
      expect(await may(authz, db, 'group-owner', project)).toEqual([])
      expect(await may(authz, db, 'group-viewer', inProject)).toEqual([])
    })

    it('pools count the own members of groups and projects only, and whom they prohibit not, but for administrators', async () => {
      const { db, authz } = await load([
        ...world,
        relate(pool, 'project_viewer', project),
        relate(pool, 'prohibited', userRef('project-editor')),
        relate(pool, 'viewer', userRef('project-editor')),
        relate(platform, 'admin', userRef('prohibited-admin')),
        relate(pool, 'prohibited', userRef('prohibited-admin')),
      ])
      expect(await may(authz, db, 'project-viewer', pool, ['read'])).toEqual(['read'])
      expect(await may(authz, db, 'group-owner', pool, ['read'])).toEqual([])
      expect(await may(authz, db, 'project-editor', pool, ['read'])).toEqual([])
      expect(await may(authz, db, 'prohibited-admin', pool, ['read'])).toEqual(['read'])
    })

    it('a token for a part of what an administrator may do makes nobody an administrator', async () => {
      const { db, authz } = await load([...world, relate(platform, 'admin', userRef('root'))])
      const ask = async (caller: Caller) => await authz.can(db, caller, 'read', project)
      expect(await ask(user('root'))).toBe(true)
      expect(await ask(user('root', { via: 'internal' }))).toBe(false)
      expect(await ask(user('root', { via: 'token', scopes: ['read', 'write'] }))).toBe(false)
      expect(await ask(user('root', { via: 'token', scopes: ['read', 'admin'] }))).toBe(true)
    })

    it('nobody becomes everybody by an id', async () => {
      const { db, authz } = await load(world)
      expect(await may(authz, db, '*', project)).toEqual([])
      expect(await authz.can(db, { ...anonymous, id: 'group-owner' }, 'read', project)).toBe(false)
      expect(await authz.can(db, user('stranger'), 'read', { type: 'project', id: '*' })).toBe(false)
    })
  })

  describe('relations', () => {
    const project: ObjectRef = { type: 'project', id: 'p' }

    it('are there once, and may be added or removed again', async () => {
      const owner = relate(project, 'owner', userRef('alice'))
      const { db, authz } = await load([owner, owner])
      await transaction(db, async (trx) => await authz.relate(trx, { add: [owner] }))
      expect(await authz.can(db, user('alice'), 'delete', project)).toBe(true)
      for (const _ of [1, 2]) await transaction(db, async (trx) => await authz.relate(trx, { remove: [owner] }))
      expect(await authz.can(db, user('alice'), 'delete', project)).toBe(false)
    })

    it('case 12: are gone with a transaction that is rolled back', async () => {
      const { db, authz } = await load([])
      const failed = transaction(db, async (trx) => {
        await authz.relate(trx, { add: [relate(project, 'owner', userRef('alice'))] })
        expect(await authz.can(trx, user('alice'), 'delete', project)).toBe(true)
        throw new Error('changed my mind')
      })
      await expect(failed).rejects.toThrow('changed my mind')
      expect(await authz.can(db, user('alice'), 'delete', project)).toBe(false)
    })

    it('of an object are forgotten at both ends, and no others', async () => {
      const group: ObjectRef = { type: 'group', id: 'p' }
      const { db, authz } = await load([
        relate(group, 'owner', userRef('alice')),
        relate(project, 'project_namespace', group),
        relate(project, 'viewer', userRef('bob')),
      ])
      await transaction(db, async (trx) => await authz.forget(trx, group))
      expect(await authz.can(db, user('alice'), 'read', project)).toBe(false)
      expect(await authz.can(db, user('alice'), 'delete', group)).toBe(false)
      expect(await authz.can(db, user('bob'), 'read', project)).toBe(true)
    })
  })

  describe('fails closed', () => {
    const project: ObjectRef = { type: 'project', id: 'p' }
    const anything = (value: string) => value as ObjectType

    it.each([
      ['an unknown permission', 'raed', project, 'There is no permission "raed" of a project. Did you mean "read"?'],
      ['a name that objects have anyway', 'constructor', project, 'There is no permission "constructor" of a project.'],
      [
        'an unknown type',
        'read',
        { type: anything('porject'), id: 'p' },
        'There is no type of object called "porject".',
      ],
      ['another platform', 'create_projects', { type: 'platform', id: 'p' }, 'There is no platform "p"'],
    ] as const)('when asked for %s', async (_, permission, object, message) => {
      const { db, authz } = await open()
      const admin = user('root', { isAdmin: true })
      await expect(authz.can(db, admin, permission, object)).rejects.toThrow(message)
      await expect(authz.canAll(db, user('a'), [{ permission, object }])).rejects.toThrow(message)
      if (object.type === 'platform') return
      expect(() => authz.visible(user('a'), permission, object.type, { id: sql`id` })).toThrow(message)
    })

    it.each([
      [
        'an unknown relation',
        relate(project, 'ownr', userRef('a')),
        'There is no relation "ownr" of a project. Did you mean "owner"?',
      ],
      [
        'a subject of a wrong type',
        relate(project, 'owner', { type: 'group', id: 'g' }),
        'leads to a user by its id, not to group "g"',
      ],
      [
        'everybody where one is meant',
        relate(project, 'owner', everyUser),
        'leads to a user by its id, not to user "*"',
      ],
      ['one where everybody is meant', relate(project, 'public_viewer', userRef('a')), 'every user ("*")'],
      [
        'an object without an id',
        relate({ type: 'project', id: '' }, 'owner', userRef('a')),
        'needs the ids of both its ends',
      ],
      ['all objects', relate({ type: 'project', id: '*' }, 'owner', userRef('a')), 'needs the ids of both its ends'],
    ] as const)('when told %s', async (_, relation, message) => {
      const { db, authz } = await open()
      for (const changes of [{ add: [relation] }, { remove: [relation] }]) {
        await expect(transaction(db, async (trx) => await authz.relate(trx, changes))).rejects.toThrow(message)
      }
    })

    it('when a column stands for a relation that there is not', async () => {
      const { authz } = await open()
      expect(() => authz.visible(user('a'), 'read', 'project', { id: sql`id`, namespace: sql`n` })).toThrow(
        '"namespace"',
      )
    })
  })
}

/** Where `canAll`, `can`, and `visible` with and without columns differ from the oracle. */
async function differences(db: Db, authz: Authz, world: World): Promise<string[]> {
  const oracle = createOracle(world.relations)
  const questions = world.objects.flatMap((object) =>
    (permissions[object.type] ?? []).map((permission) => ({ object, permission })),
  )
  const found: string[] = []
  for (const [nth, caller] of world.callers.entries()) {
    const name = ({ object, permission }: (typeof questions)[number], how: string) =>
      `${caller.id}${caller.isAdmin ? ' (admin)' : ''} ${permission} ${object.type}:${object.id} by ${how}`
    const right = questions.map(({ object, permission }) => oracle(caller, permission, object))
    const compare = (how: string, answers: readonly (boolean | undefined)[]) => {
      for (const [place, question] of questions.entries()) {
        if (answers[place] !== right[place])
          found.push(`${name(question, how)}: ${answers[place]}, not ${right[place]}`)
      }
    }
    compare('canAll', await authz.canAll(db, caller, questions))
    const single = [...questions.keys()].filter((place) => place % 29 === nth % 29)
    for (const place of single) {
      const question = questions[place]
      if (question === undefined) continue
      const answer = await authz.can(db, caller, question.permission, question.object)
      if (answer !== right[place]) found.push(name(question, 'can'))
    }
    for (const withColumns of [false, true]) {
      const listed = await listVisible(db, authz, caller, world, withColumns)
      compare(
        withColumns ? 'visible with columns' : 'visible',
        questions.map(({ object, permission }) => listed.has(`${object.type} ${permission} ${object.id}`)),
      )
    }
  }
  return found
}

async function listVisible(
  db: Db,
  authz: Authz,
  caller: Caller,
  { objects, relations }: World,
  withColumns: boolean,
): Promise<Set<string>> {
  const rows = objects.map(({ type, id }) => {
    const of = relations.filter(({ object }) => object.type === type && object.id === id)
    const parent = of.find(({ relation }) => relation.endsWith('_namespace'))?.subject ?? null
    const above = relations.find(
      ({ object, relation }) =>
        object.type === parent?.type && object.id === parent.id && relation === 'project_namespace',
    )
    return {
      ...{ type, id, is_public: of.some(({ relation }) => relation === 'public_viewer') },
      ...{ owner: of.find(({ relation }) => relation === 'owner')?.subject.id ?? null },
      ...{ parent: parent?.id ?? null, above: above?.subject.id ?? null },
    }
  })
  const columns: Partial<Record<ObjectType, Readonly<Record<string, Sql>>>> = {
    group: { public_viewer: sql`o.is_public` },
    user_namespace: { public_viewer: sql`o.is_public`, owner: sql`o.owner` },
    project: { public_viewer: sql`o.is_public`, project_namespace: sql`o.parent` },
    data_connector: {
      public_viewer: sql`o.is_public`,
      data_connector_namespace: sql`o.parent`,
      project_namespace: sql`o.above`,
    },
    resource_pool: { public_viewer: sql`o.is_public` },
  }
  const parts = Object.entries(permissions).flatMap(([key, names]) => {
    const type = key as ObjectType
    const hints = withColumns ? (columns[type] ?? {}) : {}
    return names.map(
      (permission) => sql`
        select ${`${type} ${permission} `}::text || o.id as name from object o
        where o.type = ${type} and ${authz.visible(caller, permission, type, { id: sql`o.id`, ...hints })}`,
    )
  })
  const found = await db.query<{ name: string }>(sql`
    with object as materialized (
      select * from jsonb_to_recordset(${sql.json(rows)}::jsonb) as o (type text, id text, is_public boolean, owner text, parent text, above text)
    )
    ${sql.join(parts, ' union all ')}`)
  return new Set(found.map(({ name }) => name))
}

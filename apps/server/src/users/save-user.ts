import { randomInt } from 'node:crypto'
import { FatalError } from '@millrace/core'
import { sql, type Trx } from '@millrace/db'
import { type Authz, publicViewers, userRef } from '../authz/index.ts'
import { emitEvent } from '../events/index.ts'
import { newId } from '../ids.ts'
import { slugOrNull } from '../slugs.ts'
import type { UserProfile } from './store.ts'

/** Brings a person to what the profile says: a new one gets a namespace, its relations, and the event. */
export async function saveUser(
  trx: Trx,
  authz: Authz,
  profile: UserProfile,
): Promise<'added' | 'updated' | 'unchanged'> {
  const { id, email, firstName, lastName } = profile
  const added = await trx.execute(sql`
    insert into users."user" (id, email, first_name, last_name) values (${id}, ${email}, ${firstName}, ${lastName})
    on conflict (id) do nothing`)
  if (added === 1) {
    const username = await addUserNamespace(trx, authz, profile)
    await emitEvent(trx, 'user.added', payload(profile, username))
    return 'added'
  }
  const changed = await trx.execute(sql`
    update users."user" set email = ${email}, first_name = ${firstName}, last_name = ${lastName}
    where id = ${id} and (email, first_name, last_name) is distinct from (${email}::text, ${firstName}::text, ${lastName}::text)`)
  if (changed === 0) return 'unchanged'
  const { username } = await trx.one<{ username: string }>(sql`
    select slug as username from common.namespace where user_id = ${id}`)
  await emitEvent(trx, 'user.updated', payload(profile, username))
  return 'updated'
}

export async function addUserNamespace(trx: Trx, authz: Authz, profile: UserProfile): Promise<string> {
  const id = newId()
  for (const slug of candidates(profile)) {
    const added = await trx.execute(sql`
      insert into common.namespace (id, slug, user_id, created_by) values (${id}, ${slug}, ${profile.id}, ${profile.id})
      on conflict (slug) do nothing`)
    if (added === 0) continue
    const object = { type: 'user_namespace', id } as const
    const owner = { object, relation: 'owner', subject: userRef(profile.id) }
    await authz.relate(trx, { add: [owner, ...publicViewers(object)] })
    return slug
  }
  throw new FatalError('SLUG_TAKEN', { message: `No free slug was found for the namespace of user ${profile.id}.` })
}

/** Slugs for a namespace, the most wanted first. */
function* candidates({ id, email, firstName, lastName }: UserProfile): Generator<string> {
  const wanted = [email?.split('@')[0], [firstName, lastName].filter(Boolean).join('-'), lastName, firstName]
  const made = [...wanted, `user_${id}`].map((text) => slugOrNull(text ?? '', 80)).find((slug) => slug !== null)
  const base = made ?? 'user'
  yield base
  for (let suffix = 1; suffix <= 5; suffix++) yield `${base}-${suffix}`
  for (let attempt = 0; attempt < 5; attempt++) yield `${base}-${randomText(8)}`
}

function randomText(length: number): string {
  return Array.from({ length }, () => randomInt(36).toString(36)).join('')
}

function payload({ id, email, firstName, lastName }: UserProfile, namespace: string) {
  return {
    id,
    namespace,
    ...(firstName === null ? {} : { firstName }),
    ...(lastName === null ? {} : { lastName }),
    ...(email === null ? {} : { email }),
  }
}

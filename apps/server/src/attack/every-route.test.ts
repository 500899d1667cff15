import { beforeAll, expect, test } from 'vitest'
import { useServers } from '../test-server.fixture.ts'
import { ask } from './ask.fixture.ts'
import { type Operation, operationsOf } from './operations.fixture.ts'
import { expectedOf, isPermitted, type Rule, rulesOf } from './rules.fixture.ts'
import { buildWorld, nothing, roles, secretValues, type Things, type World } from './world.fixture.ts'

const servers = useServers({ lasting: true })
const unknownId = '01JD3Z6Q7N6YXQ0M2R4T8V9WAB'
let world: World
let operations: readonly Operation[]

beforeAll(async () => {
  world = await buildWorld(await servers.start())
  const { body } = await world.server.anonymous('GET', '/api/spec.json')
  operations = operationsOf(body)
})

test('every operation has a rule that says who is let in, and every rule an operation', () => {
  const rules = rulesOf(world)
  const keys = operations.map(({ key }) => key)
  expect(keys.filter((key) => rules[key] === undefined)).toEqual([])
  expect(Object.keys(rules).filter((key) => !keys.includes(key))).toEqual([])
})

test('the document says of every operation what its rule says: whether one has to sign in', () => {
  const rules = rulesOf(world)
  const others = operations.filter(({ key, access }) => {
    const said = rules[key]?.access
    return access !== (said === 'anyone' || said === 'open' ? said : 'signed in')
  })
  // They answer 401 themselves, as the programs that call them expect.
  expect(others.map(({ key }) => key)).toEqual([
    'GET /config_api/validate',
    'GET /config_api/index',
    'GET /config_api/filters',
  ])
})

test('a token that is good for nothing is refused wherever one has to sign in, and is nobody elsewhere', async () => {
  const rules = rulesOf(world)
  for (const operation of operations) {
    const rule = rules[operation.key]
    // These tell a bad token from none.
    if (rule === undefined || operation.path.startsWith('/config_api/')) continue
    const { status } = await ask(world, operation, {
      ...{ rule, things: { ...world.things, ...nothing }, token: 'millrace_pat_guessed' },
    })
    const isOpen = rule.access === 'anyone' || rule.access === 'open'
    expect([operation.key, isOpen ? status < 500 : status]).toEqual([operation.key, isOpen ? true : 401])
  }
})

for (const role of roles) {
  test(`every operation answers ${role} as its rule says`, async () => {
    const rules = rulesOf(world)
    const faults: string[] = []
    for (const operation of operations) {
      const rule = rules[operation.key]
      if (rule === undefined) continue
      const expected = expectedOf(rule, operation.method, role)
      const isTaken = expected === 'permitted' && rule.takes !== undefined
      const others = isTaken ? await world.another(rule.takes ?? '') : rule.access === 'admin' ? nothing : {}
      const { status, text } = await ask(world, operation, {
        ...{ rule, things: { ...world.things, ...others }, token: world.tokens[role] },
      })
      const isRight = expected === 'permitted' ? isPermitted(status, rule) : status === expected
      if (!isRight) faults.push(`${operation.key}: ${status} instead of ${expected}: ${text.slice(0, 300)}`)
    }
    expect(faults).toEqual([])
  })
}

test('what is hidden is answered as what is missing, to the byte', async () => {
  const rules = rulesOf(world)
  const token = world.tokens.stranger
  let compared = 0
  for (const operation of operations) {
    const rule = rules[operation.key]
    if (rule?.right === undefined || rule.except?.stranger !== undefined) continue
    // Groups are there for everybody to see, so that nothing is told by it.
    if (operation.key === 'DELETE /api/data/groups/{slug}') continue
    // Ids of the form that ids here have, which name nothing.
    const missing = Object.fromEntries(
      Object.entries(world.things).map(([kind, id]) => [
        kind,
        /^\d+$/.test(id) ? '99999' : id.length === 26 ? unknownId : 'nothing-1',
      ]),
    )
    const same = { user: world.things.user ?? '', attempt: '1' }
    const hidden = await ask(world, operation, { rule, things: world.things, token })
    const absent = await ask(world, operation, { rule: about(rule, missing), things: { ...missing, ...same }, token })
    const without = (text: string, things: Things) =>
      Object.values(things)
        .toSorted((one, other) => other.length - one.length)
        .filter((id) => id.length > 4)
        .reduce((left, id) => left.replaceAll(id, 'ID'), text.replace(/"trace_id":"[^"]*"/, ''))
    const plain = [without(hidden.text, world.things), without(absent.text, missing)].map((text) =>
      text.replaceAll(/ID|99999|\b\d+\b/g, 'ID').replaceAll(/Did you mean [^"]*/g, ''),
    )
    expect([operation.key, hidden.status, plain[0]]).toEqual([operation.key, absent.status, plain[1]])
    compared += 1
  }
  expect(compared).toBeGreaterThan(100)
})

/** The rule with other ids in its body and query. */
function about(rule: Rule, missing: Things): Rule {
  const swap = (text: string) =>
    Object.entries(world.things).reduce(
      (left, [kind, id]) => (id.length > 20 ? left.replaceAll(id, missing[kind] ?? id) : left),
      text,
    )
  return {
    ...rule,
    ...(rule.query === undefined ? {} : { query: JSON.parse(swap(JSON.stringify(rule.query))) }),
    ...(rule.body === undefined ? {} : { body: JSON.parse(swap(JSON.stringify(rule.body))) }),
  }
}

test('no token and no secret that these calls were made with stands in the log', () => {
  const { reader, administrator, worker } = world.tokens
  const log = JSON.stringify(world.server.lines)
  expect(world.server.lines.length).toBeGreaterThan(1000)
  for (const value of [reader, administrator, worker, ...secretValues]) expect(log).not.toContain(value)
})

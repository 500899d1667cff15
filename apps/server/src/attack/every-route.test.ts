import { beforeAll, expect, test } from 'vitest'
import { useServers } from '../test-server.fixture.ts'
import { type Operation, operationsOf, placeIn } from './operations.fixture.ts'
import { expectedOf, isPermitted, type Rule, rulesOf } from './rules.fixture.ts'
import { buildWorld, nothing, type Role, roles, type Things, type World } from './world.fixture.ts'

const servers = useServers({ lasting: true })
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
    const { status } = await ask(operation, 'anonymous', rule, { ...world.things, ...nothing }, 'millrace_pat_guessed')
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
      const { status, text } = await ask(operation, role, rule, { ...world.things, ...others })
      const isRight = expected === 'permitted' ? isPermitted(status, rule) : status === expected
      if (!isRight) faults.push(`${operation.key}: ${status} instead of ${expected}: ${text.slice(0, 300)}`)
    }
    expect(faults).toEqual([])
  })
}

async function ask(
  { method, path }: Operation,
  role: Role,
  rule: Rule,
  things: Things,
  token: string | null = world.tokens[role],
) {
  const query = rule.query === undefined ? '' : `?${new URLSearchParams(rule.query)}`
  const response = await fetch(`${world.server.server.url}${placeIn(path, things)}${query}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(rule.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(rule.ifMatch ? { 'if-match': '"0"' } : {}),
    },
    ...(rule.body === undefined ? {} : { body: JSON.stringify(rule.body) }),
    ...(rule.bytes === undefined ? {} : { body: Buffer.from(rule.bytes) }),
  })
  // Streams go on for as long as a run does.
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (isStream) await response.body?.cancel()
  return { status: response.status, text: isStream ? '' : await response.text() }
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from './run-command.fixture.ts'
import { type Platform, shop, startPlatform } from './server.fixture.ts'
import { packageJson, workflowPackage } from './workflow-package.fixture.ts'

let postgres: TestPostgres
let platform: Platform
let folder: string

const users = {
  ada: { id: 'ada', email: 'ada@example.com', first_name: 'Ada', last_name: 'L' },
  bob: { id: 'bob', email: 'bob@example.com', first_name: 'Bob' },
  carol: { id: 'carol', email: 'carol@example.com' },
  root: { id: 'root', email: 'root@example.com', is_admin: true },
}

beforeAll(async () => {
  postgres = await startPostgres()
  platform = await startPlatform(postgres.url(), {
    dummyUsers: true,
    // The database is on this machine.
    serverSettings: { localConnections: true },
  })
  folder = await mkdtemp(join(tmpdir(), 'millrace-governance-'))
  for (const user of Object.values(users)) {
    const headers = { authorization: `Bearer ${JSON.stringify(user)}` }
    expect((await fetch(`${platform.url}/api/data/user`, { headers })).status).toBe(200)
  }
})

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
  await postgres?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

/** Runs the command as one of the users; a plus is a space within an argument. */
async function as(who: keyof typeof users, line: string, { input = '', cwd = folder } = {}) {
  const env = { MILLRACE_URL: platform.url, MILLRACE_TOKEN: JSON.stringify(users[who]) }
  const args = line.split(' ').map((word) => word.replaceAll('+', ' '))
  const { code, out, err } = await runCommand(args, { cwd, env, input })
  return { code, out: out.toString(), err }
}

async function json(who: keyof typeof users, line: string, options: { input?: string } = {}) {
  const { code, out, err } = await as(who, `${line} --json`, options)
  expect([code, err]).toEqual([0, ''])
  return JSON.parse(out)
}

describe('projects, groups and members', () => {
  test('are made, shown, changed and removed by their names', async () => {
    expect(await as('ada', 'groups create genomics --name Genomics+lab')).toMatchObject({
      code: 0,
      out: 'Group genomics was made, and you own it.\n',
    })
    const made = await as('ada', 'projects create genomics/reads --description Raw+reads --keyword dna --keyword rna')
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('Project genomics/reads was made') })
    const own = await json('ada', 'projects create notes --visibility public')
    expect(own).toMatchObject({ namespace: 'ada', slug: 'notes', name: 'notes', visibility: 'public' })

    expect((await as('bob', 'projects show genomics/reads')).err).toContain('[PROJECT_MISSING]')
    const added = await as('ada', 'members set genomics bob@example.com viewer')
    expect(added.out).toBe('@bob is viewer of genomics, and is new.\n')
    const [shown, group, visible] = await Promise.all([
      as('bob', 'projects show genomics/reads'),
      as('bob', 'groups show genomics'),
      as('bob', 'projects list'),
    ])
    expect(shown.out).toMatch(
      /genomics\/reads: reads[\s\S]*Raw reads[\s\S]*private[\s\S]*dna, rna[\s\S]*you may +read\n/,
    )
    expect(group.out).toMatch(/@ada \(owner\), @bob \(viewer\)[\s\S]*projects +reads/)
    expect(visible.out).toMatch(/genomics\/reads +reads +private +dna, rna/)

    expect((await as('ada', 'members set genomics/reads @bob editor')).out).toContain('and is new')
    expect((await as('ada', 'members list genomics/reads')).out).toMatch(/@bob +Bob +editor/)
    expect((await as('ada', 'members set genomics @bob editor')).out).toContain('; it was viewer')
    expect((await as('ada', 'members remove genomics/reads bob')).code).toBe(0)
    const absent = await as('ada', 'members remove genomics/reads @bob')
    expect(absent).toMatchObject({ code: 2, err: expect.stringContaining('[MEMBER_MISSING]') })

    const moved = await as(
      'ada',
      'projects set genomics/reads --name All+reads --keyword  --move-to genomics/all-reads',
    )
    expect(moved.out).toBe('Project genomics/all-reads is changed; it was genomics/reads, which leads to it still.\n')
    const again = await json('ada', 'projects show genomics/reads')
    expect(again).toMatchObject({ name: 'All reads', slug: 'all-reads', keywords: [], permissions: { write: true } })
    const copy = await json('ada', 'projects copy genomics/all-reads ada/copy')
    expect(copy).toMatchObject({ namespace: 'ada', slug: 'copy', name: 'All reads', template_id: again.id })

    expect((await as('ada', 'search reads type:Project')).out).toMatch(/project +genomics\/all-reads +All reads/)
    expect((await as('ada', 'projects delete genomics/all-reads --yes')).out).toContain('was removed')
    expect((await as('ada', 'groups set genomics --slug genome')).out).toContain('it was genomics')
    expect((await as('ada', 'groups delete genome --yes')).code).toBe(0)
  })

  test('that are not there are told of with the nearest, and the next step', async () => {
    await as('ada', 'projects create lake')
    await as('ada', 'groups create weather')
    const answers = await Promise.all([
      as('ada', 'projects show ada/lkae'),
      as('ada', 'groups show wether'),
      as('ada', 'projects show a/b/c'),
      as('ada', 'members set weather nobody@example.com viewer'),
      as('ada', 'members set weather @weather viewer'),
      as('ada', 'members set weather @nobody viewer'),
      as('ada', 'projects set lake'),
      as('ada', 'members set weather @bob boss'),
    ])
    expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 2))
    expect(answers.map(({ err }) => err)).toEqual([
      expect.stringContaining('Did you mean "ada/lake"?'),
      expect.stringContaining('Did you mean "weather"?'),
      expect.stringContaining('[PROJECT_INVALID]'),
      expect.stringContaining('from their first sign-in on'),
      expect.stringContaining('is a group'),
      expect.stringContaining('There is no user @nobody'),
      expect.stringContaining('[NOTHING_TO_CHANGE]'),
      expect.stringContaining('viewer, editor, owner'),
    ])
  })
})

describe('secrets', () => {
  test('of a project, of a namespace and of one’s own go in by standard input or a file, and never come out', async () => {
    await as('ada', 'projects create vault')
    const file = join(folder, 'key.pem')
    await writeFile(file, 'first line\nlast line\n')
    for (const place of ['--project ada/vault', '--namespace @ada', '']) {
      const at = place === '' ? '' : ` ${place}`
      const kept = await as('ada', `secrets set api-key${at}`, { input: 'hunter2\n' })
      expect([place, kept]).toMatchObject([place, { code: 0, out: expect.stringContaining('is kept') }])
      const again = await as('ada', `secrets set api-key${at} --from-file ${file}`)
      expect(again.out).toContain('has another value')
      const listed = await json('ada', `secrets list${at}`)
      expect(listed).toMatchObject([{ name: 'api-key' }])
      expect(JSON.stringify(listed) + kept.out + kept.err).not.toContain('hunter2')
      const wrong = await as('ada', `secrets delete api-kye${at}`)
      expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean "api-key"?') })
      expect((await as('ada', `secrets delete api-key${at} --yes`)).code).toBe(0)
    }
  })

  test('are refused where they are empty, or of another who may not change the place', async () => {
    const answers = await Promise.all([
      as('ada', 'secrets set nothing', { input: '\n' }),
      as('ada', 'secrets set nothing --from-file missing.txt'),
      as('ada', 'secrets set nothing --description x', { input: 'x' }),
      as('bob', 'secrets set nothing --namespace ada', { input: 'x' }),
      as('bob', 'secrets list --platform'),
      as('ada', 'secrets list --platform --namespace ada'),
    ])
    expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 2))
    expect(answers.map(({ err }) => /\[(\w+)\]\n$/.exec(err)?.[1])).toEqual([
      ...['VALUE_EMPTY', 'FILE_UNREADABLE', 'OPTION_WITHOUT_EFFECT', 'NAMESPACE_MISSING', 'ADMIN_REQUIRED'],
      'PLACE_AMBIGUOUS',
    ])
  })
})

describe('connections', () => {
  test('are saved without secrets in arguments, tried by the server, changed and removed', async () => {
    await as('ada', 'projects create shop')
    const { hostname, port, username, password, pathname } = new URL(postgres.url())
    const uri = `postgres://${username}@${hostname}:${port}${pathname}`
    const spoken = await as('ada', `connections set warehouse --project shop --uri ${uri.replace('@', ':pw@')}`)
    expect(spoken).toMatchObject({ code: 2, err: expect.stringMatching(/--secret password.*\[SECRET_IN_ARGUMENT\]/) })
    const place = '--project ada/shop'
    const saved = await as('ada', `connections set warehouse ${place} --uri ${uri} --secret password`, {
      input: `${decodeURIComponent(password) || 'unused'}\n`,
    })
    expect(saved).toMatchObject({ code: 0, out: 'Connection warehouse of the project ada/shop is saved.\n' })
    expect((await as('ada', `connections test warehouse ${place}`)).code).toBe(0)
    const shown = await json('ada', `connections show warehouse ${place}`)
    expect(shown).toMatchObject({ connector: 'postgres', config: { host: hostname, password: '<sensitive>' } })

    const changed = await json('ada', `connections set warehouse ${place} --setting database=nowhere --description x`)
    expect(changed).toMatchObject({ description: 'x', config: { database: 'nowhere', password: '<sensitive>' } })
    const failed = await as('ada', `connections test warehouse ${place}`)
    expect(failed).toMatchObject({ code: 2, err: expect.stringContaining('[CONNECTION_FAILED]') })
    const file = join(folder, 'connection.yaml')
    await writeFile(file, `host: ${hostname}\nport: ${port}\ndatabase: shop\nuser: me\npassword: hunter2\n`)
    const fromFile = await as('ada', `connections set lake --namespace ada --connector postgres --from-file ${file}`)
    expect(fromFile.code).toBe(0)
    const usable = await as('ada', `connections list ${place} --usable`)
    expect(usable.out).toMatch(/lake +postgres +namespace[\s\S]*warehouse +postgres +project/)

    expect((await as('ada', `connections show warehuose ${place}`)).err).toContain('Did you mean "warehouse"?')
    expect((await as('ada', 'connections list')).err).toContain('[PLACE_MISSING]')
    expect((await as('ada', `connections set other ${place}`)).err).toContain('[CONNECTOR_UNKNOWN]')
    expect((await as('ada', `connections delete warehouse ${place} --yes`)).code).toBe(0)
    expect(await json('ada', `connections list ${place}`)).toEqual([])
  })
})

describe('tokens of one’s own', () => {
  test('are made, listed and revoked beside those of workers', async () => {
    const made = await as('ada', 'tokens create nightly --personal --scope read')
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^millrace_pat_/) })
    const [listed] = await json('ada', 'tokens list --personal')
    expect(listed).toMatchObject({ name: 'nightly', scopes: ['read'] })
    const used = () => as('bob', `projects list --token ${made.out.trim()}`)
    expect((await used()).code).toBe(0)
    const lacking = await as('bob', `groups create g --token ${made.out.trim()}`)
    expect(lacking).toMatchObject({ code: 2, err: expect.stringContaining('[SCOPE_MISSING]') })
    expect((await as('ada', `tokens revoke ${listed.id}`)).out).toContain('is revoked')
    expect((await used()).err).toContain('[TOKEN_REFUSED]')
    expect((await as('ada', 'tokens create x --scope read')).err).toContain('[OPTION_WITHOUT_EFFECT]')
  })
})

describe('millrace admin', () => {
  test('shows users, and removes one with everything', async () => {
    expect((await as('root', 'admin users list')).out).toMatch(/@ada +Ada L +ada@example.com +ada/)
    expect((await as('root', 'admin users show ada@example.com')).out).toMatch(/^@ada\n/)
    const refused = await as('ada', 'admin users delete @bob --yes')
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('[ADMIN_REQUIRED]') })
    await as('carol', 'projects create diary --visibility public')
    expect((await as('root', 'admin users delete carol@example.com --yes')).out).toContain('@carol was removed')
    expect((await as('ada', 'projects show carol/diary')).err).toContain('[PROJECT_MISSING]')
    expect((await as('root', 'admin users show @carol')).err).toContain('[USER_MISSING]')
  })

  test('says who may make projects, and tells everybody something', async () => {
    expect((await as('root', 'admin config set --create-groups admins')).out).toContain('groups by administrators')
    expect((await as('ada', 'groups create late')).code).toBe(2)
    expect((await as('root', 'admin config set --create-groups everybody')).code).toBe(0)
    expect((await as('root', 'admin banner set We+are+slow+today')).out).toBe('Everybody sees the banner now.\n')
    expect((await as('ada', 'admin banner show')).out).toBe('We are slow today\n')
    expect((await as('root', 'admin config show')).out).toContain('We are slow today')
    expect((await as('root', 'admin banner clear')).code).toBe(0)
    expect((await as('ada', 'admin banner show')).err).toBe('There is no banner.\n')
  })

  test('keeps resource pools, and lets people, groups and projects use them', async () => {
    const file = join(folder, 'pool.yaml')
    await writeFile(
      file,
      `
name: big machines
public: false
default: false
quota: { cpu: 100, memory: 400, gpu: 0 }
classes:
  - { name: largest, cpu: 16, memory: 64, gpu: 0, max_storage: 500, default_storage: 20, default: true }
`,
    )
    const made = await as('root', `admin resource-pools create ${file}`)
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('Resource pool big machines was made') })
    const seen = async () => (await json('ada', 'admin resource-pools list')).map((pool: { name: string }) => pool.name)
    expect(await seen()).not.toContain('big machines')
    expect((await as('root', 'admin resource-pools allow big+machines @ada')).out).toContain('@ada may use')
    expect(await seen()).toContain('big machines')
    const shown = await as('root', 'admin resource-pools show big+machines')
    expect(shown.out).toMatch(
      /for members, with a quota of 100 CPU, 400 GB[\s\S]*largest +16 +64[\s\S]*user +ada@example.com/,
    )
    expect((await as('root', 'admin resource-pools disallow big+machines @ada')).code).toBe(0)
    expect(await seen()).not.toContain('big machines')
    expect((await as('root', 'admin resource-pools set big+machines --public --name bigger')).code).toBe(0)
    expect(await seen()).toContain('bigger')
    expect((await as('root', 'admin resource-pools show biger')).err).toContain('Did you mean "bigger"?')
    expect((await as('root', 'admin resource-pools delete bigger --yes')).code).toBe(0)
  })

  test('keeps redirects, and lists changes of everything', async () => {
    const { id } = await json('ada', 'projects create noted --visibility public')
    const made = await as('root', 'admin redirects set /projects/a/b ada/noted')
    expect(made).toMatchObject({ code: 0, out: `/projects/a/b leads to /p/${id} now.\n` })
    expect((await as('root', 'admin redirects set /projects/a/b https://example.com/b')).out).toContain('and no longer')
    expect((await as('root', 'admin redirects list')).out).toMatch(/projects\/a\/b +https:\/\/example/)
    expect((await as('root', 'admin redirects delete /projects/a/b --yes')).code).toBe(0)
    await as('ada', 'projects set noted --description Changed')
    const all = await as('root', 'admin audit --entity project --actor ada --limit 5')
    expect(all.out).toMatch(/ada +update +project +\S+ +.*description/)
    expect((await as('ada', 'admin audit --project noted')).out).toContain('insert')
    expect((await as('ada', 'admin audit')).err).toContain('[ADMIN_REQUIRED]')
  })
})

test('variables and workflows belong to projects', async () => {
  await as('ada', 'projects create flows')
  await as('ada', 'projects create other-flows')
  expect((await as('ada', 'variables set region eu --project flows')).out).toContain('of the project ada/flows is set')
  expect(await json('ada', 'variables list --project ada/flows')).toEqual([{ name: 'region', value: 'eu' }])
  expect((await as('ada', 'variables delete regoin --project flows')).err).toContain('Did you mean "region"?')
  expect((await as('ada', 'variables delete region --project flows --yes')).code).toBe(0)
  expect((await as('ada', 'variables set region eu')).err).toContain('[ADMIN_REQUIRED]')

  await using project = await workflowPackage({ 'package.json': packageJson, 'src/shop.ts': shop() })
  const cwd = project.folder
  expect((await as('ada', 'deploy --version 1', { cwd })).err).toContain('deploy --project NAMESPACE/PROJECT')
  const deployed = await as('ada', 'deploy --version 1 --project flows', { cwd })
  expect(deployed).toMatchObject({ code: 0, out: expect.stringMatching(/shop_daily +1 +new/) })
  expect(await as('bob', 'workflows list')).toMatchObject({ code: 0, out: '' })
  expect((await as('ada', 'workflows list --project flows')).out).toContain('shop_daily')
  const elsewhere = await as('ada', 'deploy --version 2 --project other-flows', { cwd })
  expect(elsewhere).toMatchObject({ code: 2, err: expect.stringContaining('millrace workflows move shop_daily') })
  expect((await as('ada', 'workflows move shop_daily other-flows')).out).toContain('belongs to ada/other-flows now')
  expect(await json('ada', 'workflows list --project flows')).toMatchObject([{ name: 'shop_rare' }])
})

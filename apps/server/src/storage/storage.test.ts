import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { useServers } from '../test-server.fixture.ts'
import { storageProviders } from './all-providers.ts'
import { obscure } from './obscure.ts'

const servers = useServers()
const schema = '/api/data/storage_schema'

test('the schema has every allowed type, and no option that is blocked', async () => {
  const server = await servers.start()
  const { status, body } = await server.anonymous('GET', schema)
  expect(status).toBe(200)
  const names = body.map(({ name }: { name: string }) => name).sort()
  expect(names.join(' ')).toBe(
    'azureblob doi drive dropbox ftp http onedrive openbis polybox protondrive s3 sftp switchDrive webdav',
  )
  for (const { name, blocked = [] } of storageProviders) {
    const options = body.find((one: { name: string }) => one.name === name).options
    for (const option of blocked) expect(options).not.toContainEqual(expect.objectContaining({ name: option }))
  }
  const optionOf = (type: string, name: string) =>
    body
      .find((one: { name: string }) => one.name === type)
      .options.filter((option: { name: string }) => option.name === name)
  for (const [type, name] of [
    ['azureblob', 'account'],
    ['sftp', 'host'],
    ['ftp', 'host'],
    ['webdav', 'user'],
  ] as const)
    expect(optionOf(type, name)).toMatchObject([{ sensitive: false }])
  expect(optionOf('webdav', 'pass')).toMatchObject([{ sensitive: true, ispassword: true }])
  expect(optionOf('s3', 'provider')[0].examples).toContainEqual(expect.objectContaining({ value: 'Switch' }))
})

test('options have names that exist, defaults of their type, and examples where nothing else is good', () => {
  for (const provider of storageProviders) {
    for (const option of provider.options) {
      const where = `${provider.name} ${option.name}`
      const type = option.type ?? 'string'
      const types: Record<string, string> = { string: 'string', bool: 'boolean', int: 'number' }
      if (option.default !== undefined) expect(typeof option.default, where).toBe(types[type])
      if (option.exclusive) expect(option.examples?.length, where).toBeGreaterThan(0)
      expect(option.help, where).toMatch(/\.$/)
    }
  }
})

const azure = { type: 'azureblob', account: 'flights' }
const other = { type: 's3', provider: 'Other', endpoint: 'https://s3.example.com' }
const sftp = { type: 'sftp', host: 'sftp.example.com' }
const webdav = { type: 'webdav', url: 'https://cloud.example.com/remote.php/webdav' }

test('configurations that are right pass, also with options that nobody knows', async () => {
  const server = await servers.start()
  const right: Record<string, unknown>[] = [
    azure,
    other,
    sftp,
    webdav,
    { type: 's3', provider: 'AWS' },
    { type: 's3' },
    { ...other, unknown_option: { deep: true } },
    { ...other, list_chunk: 100, env_auth: false, list_url_encode: { Value: true, Valid: true } },
    { ...azure, public_access: '' },
    { ...azure, key: null, list_chunk: null },
    { type: 's3', provider: 'Switch', endpoint: 'https://s3-zh.os.switch.ch' },
    { type: 'doi', doi: '10.5281/zenodo.3542869', provider: 'zenodo' },
    { type: 'polybox', provider: 'personal', user: 'alice' },
    { type: 'switchDrive', provider: 'shared', public_link: 'https://drive.switch.ch/index.php/s/abc' },
    { type: 'openbis', host: 'openbis.example.com', session_token: '<sensitive>' },
    { ...sftp, pass: 'secret' },
  ]
  for (const body of right) {
    const answer = await server.anonymous('POST', `${schema}/validate`, { body })
    expect(answer, JSON.stringify(body)).toMatchObject({ status: 204 })
  }
})

test('case 10: configurations that are wrong are refused, with everything that is wrong', async () => {
  const server = await servers.start()
  const wrong: [Record<string, unknown>, string | RegExp][] = [
    [{}, 'has no "type"'],
    [{ account: 'flights' }, 'has no "type"'],
    ...['local', 'alias', 'crypt', 'union', 'memory', 'smb', 'chunker', 'S3', '', ':local:', 'constructor'].map(
      (type): [Record<string, unknown>, string] => [{ type }, 'no storage of the type'],
    ),
    [{ type: { name: 's3' } }, 'no storage of the type'],
    [{ type: 'web-dav' }, 'did you mean "webdav"'],
    ...storageProviders.flatMap(({ name, blocked = [] }) =>
      blocked.map((option): [Record<string, unknown>, string] => [
        { type: name, host: 'h', url: 'https://example.com', [option]: '/etc/passwd' },
        `"${option}" is not allowed`,
      ]),
    ),
    [{ type: 'sftp' }, '"host" is missing'],
    [{ type: 'sftp', host: '' }, '"host" is missing'],
    [{ type: 'sftp', host: null }, '"host" is missing'],
    [{ type: 's3', provider: 'Other' }, '"endpoint" is missing'],
    [{ type: 's3', provider: 'Switch', endpoint: 'https://s3.example.com' }, '"endpoint" has to be one of'],
    [{ type: 's3', provider: 'Nobody' }, '"provider" has to be one of'],
    [{ type: 'polybox' }, '"provider" is missing'],
    [{ type: 'polybox', provider: 'shared' }, '"public_link" is missing'],
    [{ ...other, list_chunk: '100' }, '"list_chunk" has to be a whole number'],
    [{ ...other, list_chunk: 1.5 }, '"list_chunk" has to be a whole number'],
    [{ ...other, env_auth: 'true' }, '"env_auth" has to be true or false'],
    [{ ...other, list_url_encode: true }, '"list_url_encode" has to be an object'],
    [{ ...sftp, host: ['a'] }, '"host" has to be a text'],
    [{ ...azure, public_access: 'everybody' }, '"public_access" has to be one of "", "blob", "container"'],
    [{ ...webdav, url: 'https://alice:secret@cloud.example.com' }, '"url" must not hold a user name'],
    [{ ...other, endpoint: 'https://key:secret@s3.example.com' }, '"endpoint" must not hold a user name'],
    [{ ...other, endpoint: 'key:secret@s3.example.com' }, '"endpoint" must not hold a user name'],
    [{ ...sftp, 'key-file': 'a', SSH: 'b' }, '"key-file" is not allowed here; "SSH" is not allowed here'],
    [{ ...sftp, 'override.config': 'a' }, 'consist of letters'],
    [{ ...sftp, subsystem: 'sftp\n[other]\ntype = local' }, '"subsystem" must not hold line breaks'],
    [{ ...sftp, key_file: 'id_rsa', port: 'ssh' }, /"key_file" is not allowed here; "port" has to be/],
  ]
  for (const [body, message] of wrong) {
    const answer = await server.anonymous('POST', `${schema}/validate`, { body })
    expect([answer.status, answer.body.error.code], JSON.stringify(body)).toEqual([422, 1422])
    expect(answer.body.error.message).toMatch(message)
    expect(answer.body.error.message).not.toMatch(/alice:secret|key:secret/)
  }
})

test('passwords are obscured as rclone does it', async () => {
  const server = await servers.start()
  // Vectors of its documentation: a known beginning makes the whole known.
  expect(obscure('potato', Buffer.from('aaaaaaaaaaaaaaaa'))).toBe('YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ')
  expect(obscure('potato', Buffer.from('bbbbbbbbbbbbbbbb'))).toBe('YmJiYmJiYmJiYmJiYmJiYp3gcEWbAw')
  const configuration = { ...sftp, user: 'alice', pass: 'potato' }
  const { status, body } = await server.anonymous('POST', `${schema}/obscure`, { body: { configuration } })
  expect([status, body]).toEqual([200, { ...configuration, pass: expect.stringMatching(/^[\w-]{30}$/) }])
})

async function withProject() {
  const server = await servers.start()
  const alice = server.as('alice', { email: 'alice@example.com' })
  const bob = server.as('bob', { email: 'bob@example.com' })
  for (const call of [alice, bob]) expect((await call('GET', '/api/data/user')).status).toBe(200)
  const { body: project } = await alice('POST', '/api/data/projects', { body: { name: 'Delays', namespace: 'alice' } })
  return { server, alice, bob, project_id: project.id as string }
}

const bucket = {
  name: 'flights',
  configuration: { ...other, access_key_id: 'AKIA-THE-KEY', secret_access_key: 'THE-SECRET-VALUE' },
  source_path: 'flights/2026',
  target_path: 'data',
}

test('storage of a project is made, read, replaced, changed and removed, without sensitive values', async () => {
  const { server, alice, project_id } = await withProject()
  const made = await alice('POST', '/api/data/storage', { body: { project_id, ...bucket } })
  const marks = { access_key_id: '<sensitive>', secret_access_key: '<sensitive>' }
  expect(made).toMatchObject({
    status: 201,
    body: {
      storage: {
        ...{ project_id, name: 'flights', storage_type: 's3', source_path: 'flights/2026', target_path: 'data' },
        ...{ readonly: true, configuration: { ...other, ...marks } },
      },
      sensitive_fields: [{ name: 'access_key_id' }, { name: 'secret_access_key' }],
    },
  })
  const path = `/api/data/storage/${made.body.storage.storage_id}`
  expect(await alice('GET', path)).toMatchObject({ status: 200, body: made.body })
  expect((await alice('GET', `/api/data/storage?project_id=${project_id}`)).body).toEqual([made.body])
  expect((await alice('POST', '/api/data/storage', { body: { project_id, ...bucket } })).status).toBe(422)

  const patched = await alice('PATCH', path, { body: { configuration: { region: 'zh', access_key_id: null } } })
  expect(patched).toMatchObject({ status: 200, body: { storage: { name: 'flights' } } })
  expect(patched.body.storage.configuration).toEqual({ ...other, region: 'zh', secret_access_key: '<sensitive>' })
  const put = await alice('PUT', path, {
    body: { project_id, name: 'arrivals', storage_url: 's3://s3.eu-west-1.amazonaws.com/a/b', target_path: 'x' },
  })
  expect(put).toMatchObject({
    status: 200,
    body: {
      storage: {
        name: 'arrivals',
        configuration: { type: 's3', provider: 'AWS', region: 'eu-west-1' },
        source_path: 'a/b',
      },
      sensitive_fields: [],
    },
  })
  const elsewhere = { project_id: '01JD3Z6Q7N6YXQ0M2R4T8V9WAB' }
  expect((await alice('PATCH', path, { body: elsewhere })).status).toBe(422)
  expect((await alice('DELETE', path)).status).toBe(204)
  expect((await alice('GET', path)).status).toBe(404)
  const [row] = await server.db.query<{ text: string }>(sql`select string_agg(e::text, '') as text from audit.event e`)
  expect(`${row?.text}${JSON.stringify(server.lines)}`).not.toMatch(/THE-SECRET-VALUE|AKIA-THE-KEY/)
})

test('storage is read by who reads the project, written by who writes it, and is not there for others', async () => {
  const { server, alice, bob, project_id } = await withProject()
  const { body } = await alice('POST', '/api/data/storage', { body: { project_id, ...bucket } })
  const path = `/api/data/storage/${body.storage.storage_id}`
  const list = `/api/data/storage?project_id=${project_id}`
  const tries = async () => {
    const answers = await Promise.all([
      bob('GET', path),
      bob('PATCH', path, { body: { readonly: false } }),
      bob('POST', '/api/data/storage', { body: { project_id, ...bucket, name: 'other' } }),
    ])
    return [...answers.map(({ status }) => status), (await bob('GET', list)).body.length]
  }
  const join = async (role: string) =>
    await alice('PATCH', `/api/data/projects/${project_id}/members`, { body: [{ id: 'bob', role }] })
  expect(await tries()).toEqual([404, 404, 403, 0])
  await join('viewer')
  expect(await tries()).toEqual([200, 403, 403, 1])
  await join('editor')
  expect(await tries()).toEqual([200, 200, 201, 2])
  expect((await server.anonymous('GET', path)).status).toBe(404)
  expect((await server.anonymous('GET', list)).body).toEqual([])
  expect((await server.anonymous('DELETE', path)).status).toBe(401)
})

test('two changes at once are both kept', async () => {
  const { alice, project_id } = await withProject()
  const { body } = await alice('POST', '/api/data/storage', { body: { project_id, ...bucket } })
  const path = `/api/data/storage/${body.storage.storage_id}`
  const regions = Array.from({ length: 8 }, (_, place) => `option_${place}`)
  await Promise.all(regions.map((name) => alice('PATCH', path, { body: { configuration: { [name]: 'set' } } })))
  const { configuration } = (await alice('GET', path)).body.storage
  expect(Object.keys(configuration)).toEqual(expect.arrayContaining(regions))
})

test('an address is the storage that it means', async () => {
  const { alice, project_id } = await withProject()
  const addresses: [string, Record<string, unknown> | null, string?][] = [
    ['s3://s3.eu-west-1.amazonaws.com/b/p', { type: 's3', provider: 'AWS', region: 'eu-west-1' }, 'b/p'],
    [
      's3://my.bucket.s3.eu-west-1.amazonaws.com/p/',
      { type: 's3', provider: 'AWS', region: 'eu-west-1' },
      'my.bucket/p',
    ],
    ['s3://Bucket/', { type: 's3', provider: 'AWS' }, 'Bucket'],
    ['https://flights.blob.core.windows.net/c/p', { type: 'azureblob', account: 'flights' }, 'c/p'],
    ['http://flights.dfs.core.windows.net/c', { type: 'azureblob', account: 'flights' }, 'c'],
    ['azure://container/p', { type: 'azureblob' }, 'container/p'],
    ['az://flights.dfs.core.windows.net/c', { type: 'azureblob', account: 'flights' }, 'c'],
    [
      'https://s3.example.com:9000/b/a%20b',
      { type: 's3', provider: 'Other', endpoint: 'https://s3.example.com:9000' },
      'b/a b',
    ],
    ['ftp://example.com/', null],
    ['file:///etc/passwd', null],
    ['s3:///p', null],
    ['/etc/passwd', null],
    ['https://key:secret@s3.example.com/b', null],
  ]
  for (const [place, [storage_url, configuration, source_path]] of addresses.entries()) {
    const body = { project_id, name: `url-${place}`, storage_url, target_path: 'x' }
    const answer = await alice('POST', '/api/data/storage', { body })
    if (configuration === null)
      expect(answer, storage_url).toMatchObject({ status: 422, body: { error: { code: 1422 } } })
    else expect(answer.body.storage, storage_url).toMatchObject({ configuration, source_path })
  }
})

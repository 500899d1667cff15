import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { checkOutboundUrl, outboundFetch } from './outbound.ts'
import { outboundRules } from './outbound-addresses.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server: Server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

const closed = { allowedAddresses: null }
const toLoopback = { allowedAddresses: '127.0.0.1' }
const resolvesTo =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

describe('what requests to addresses from users may not reach', () => {
  const refusedUrls = [
    'http://127.0.0.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://2130706433/',
    'http://017700000001/',
    'http://0177.0.0.1/',
    'http://0x7f.0.0.1/',
    'http://0x7f000001/',
    'http://０１７７.0.0.1/',
    'http://①②⑦.⓪.⓪.①/',
    'http://127。0。0。1/',
    'http://%31%32%37.0.0.1/',
    'http://0/',
    'http://0.0.0.0:80/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.170.2/v2/credentials',
    'http://168.63.129.16/',
    'http://100.100.100.200/',
    'http://192.0.0.192/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'https://127.0.0.1/',
  ]
  it.each(refusedUrls)('%s is refused', async (url) => {
    await expect(outboundFetch(closed)(url)).rejects.toMatchObject({ status: 422, code: 'OUTBOUND_REFUSED' })
  })

  it.each(['localhost', 'localhost.', 'LOCALHOST'])('the name %s is refused', async (host) => {
    await expect(outboundFetch(closed)(`http://${host}/`)).rejects.toMatchObject({ code: 'OUTBOUND_REFUSED' })
  })

  it.each([
    ['one private address', ['10.0.0.1']],
    ['a private address among public ones', ['93.184.216.34', '127.0.0.1']],
    ['a private address of IPv6', ['fd12::1']],
    ['loopback in clothes of IPv6', ['::ffff:127.0.0.1']],
    ['a link-local address with its zone', ['fe80::1%eth0']],
  ])('a name with %s is refused', async (_what, addresses) => {
    const lookup = resolvesTo(...addresses)
    const refused = outboundFetch(closed, { lookup })('http://rebound.example/')
    await expect(refused).rejects.toMatchObject({ code: 'OUTBOUND_REFUSED' })
  })

  it.each([
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://example.com/',
    'data:text/plain,hello',
    'javascript:alert(1)',
    'example.com/repository',
    '//example.com/',
    'http://',
    'http://user:password@example.com/',
    'http://token@example.com/',
    'http://exa mple.com/',
  ])('%s is no address to send a request to', (url) => {
    expect(() => checkOutboundUrl(url)).toThrow(expect.objectContaining({ code: 'OUTBOUND_URL_INVALID' }))
  })

  it('public addresses may be reached', async () => {
    const rules = outboundRules(closed, resolvesTo('93.184.216.34', '2606:2800:220:1::1'))
    await expect(rules.addressesOf('example.com')).resolves.toHaveLength(2)
    await expect(rules.addressesOf('[2606:2800:220:1::1]')).resolves.toHaveLength(1)
  })

  it('a name that changes its address between check and connection changes nothing', async () => {
    let asked = 0
    const port = await serve((_request, response) => response.end('inside'))
    const lookup = async () => {
      asked += 1
      return [{ address: asked === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }]
    }
    const pinned = outboundFetch({ allowedAddresses: '192.0.2.1' }, { lookup, timeoutMs: 300 })
    await expect(pinned(`http://rebound.example:${port}/`)).rejects.toMatchObject({ code: 'OUTBOUND_FAILED' })
    expect(asked).toBe(1)
  })
})

describe('what operators allow', () => {
  it.each(['127.0.0.0/8', '127.0.0.1', 'inside.example', '10.0.0.0/8, 127.0.0.1/32', '*'])(
    'MILLRACE_ALLOWED_ADDRESSES=%s opens a private server',
    async (allowedAddresses) => {
      const port = await serve((_request, response) => response.end('inside'))
      const fetch = outboundFetch({ allowedAddresses }, { lookup: resolvesTo('127.0.0.1') })
      const answer = await fetch(`http://inside.example:${port}/`)
      expect([answer.status, await answer.text()]).toEqual([200, 'inside'])
    },
  )

  it.each(['10.0.0.0/33', '10.0.0.0/', 'http://example.com', 'exa mple'])(
    'says what is wrong with "%s"',
    (allowedAddresses) => {
      expect(() => outboundRules({ allowedAddresses })).toThrow(/MILLRACE_ALLOWED_ADDRESSES holds/)
    },
  )

  it('opens nothing else', async () => {
    const fetch = outboundFetch({ allowedAddresses: '127.0.0.1' }, { lookup: resolvesTo('127.0.0.2') })
    await expect(fetch('http://inside.example/')).rejects.toMatchObject({ code: 'OUTBOUND_REFUSED' })
  })
})

describe('redirects', () => {
  it('are checked one by one', async () => {
    const port = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
    )
    const answer = outboundFetch(toLoopback)(`http://127.0.0.1:${port}/`)
    await expect(answer).rejects.toMatchObject({ code: 'OUTBOUND_REFUSED' })
  })

  it.each(['file:///etc/passwd', 'http://user:secret@127.0.0.1/'])('to %s are refused', async (location) => {
    const port = await serve((_request, response) => response.writeHead(301, { location }).end())
    const answer = outboundFetch(toLoopback)(`http://127.0.0.1:${port}/`)
    await expect(answer).rejects.toMatchObject({ code: 'OUTBOUND_URL_INVALID' })
  })

  it('end after five', async () => {
    let requests = 0
    const port = await serve((_request, response) => {
      requests += 1
      response.writeHead(302, { location: `/${requests}` }).end()
    })
    const answer = outboundFetch(toLoopback)(`http://127.0.0.1:${port}/`)
    await expect(answer).rejects.toMatchObject({ code: 'OUTBOUND_REDIRECTS' })
    expect(requests).toBe(6)
  })

  it('take no headers of ours to another server', async () => {
    const seen: IncomingMessage['headers'][] = []
    const other = await serve((request, response) => {
      seen.push(request.headers)
      response.end('there')
    })
    const port = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/next' }).end()
      else response.writeHead(302, { location: `http://127.0.0.1:${other}/` }).end()
      seen.push(request.headers)
    })
    const headers = { authorization: 'Bearer secret', cookie: 'a=b', 'private-token': 'secret', accept: 'text/html' }
    const answer = await outboundFetch(toLoopback)(`http://127.0.0.1:${port}/`, { headers })
    expect(await answer.text()).toBe('there')
    expect(seen.map((each) => each.authorization)).toEqual(['Bearer secret', 'Bearer secret', undefined])
    expect(Object.keys(seen[2] ?? {}).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent'])
  })

  it('take no body to another server', async () => {
    const other = await serve((_request, response) => response.end('there'))
    const port = await serve((_request, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${other}/` }).end(),
    )
    const answer = outboundFetch(toLoopback)(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'client_secret=1' })
    await expect(answer).rejects.toMatchObject({ code: 'OUTBOUND_REDIRECTS' })
  })

  it('are answered as they are when asked for', async () => {
    const port = await serve((_request, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end())
    const answer = await outboundFetch(toLoopback)(`http://127.0.0.1:${port}/`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'http://10.0.0.1/'])
  })
})

describe('limits', () => {
  it('an endless answer is cut off', async () => {
    const port = await serve((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024)
      const more = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    const fetch = outboundFetch(toLoopback, { maxBytes: 1_000_000 })
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'OUTBOUND_TOO_LARGE' })
  })

  it('a server that says nothing is given up', async () => {
    const port = await serve(() => {})
    const fetch = outboundFetch(toLoopback, { timeoutMs: 100 })
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'OUTBOUND_FAILED',
      message: expect.stringContaining('did not answer within 100 ms'),
    })
  })

  it('a server that dribbles is given up', async () => {
    const port = await serve((_request, response) => {
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const fetch = outboundFetch(toLoopback, { timeoutMs: 150 })
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'OUTBOUND_FAILED' })
  })

  it('a look-up that never ends is given up', async () => {
    const fetch = outboundFetch(closed, { timeoutMs: 100, lookup: () => new Promise(() => {}) })
    await expect(fetch('http://slow.example/')).rejects.toMatchObject({ code: 'OUTBOUND_FAILED' })
  })

  it('rubbish instead of HTTP is a failure of the other side', async () => {
    const server = createTcpServer((socket) => socket.resume().end('\0\0\0 no http \r\n\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => server.close(resolve)))
    const { port } = server.address() as AddressInfo
    const answer = outboundFetch(toLoopback)(`http://127.0.0.1:${port}/`)
    await expect(answer).rejects.toMatchObject({ code: 'OUTBOUND_FAILED' })
  })

  it('a caller that gives up gets its own reason', async () => {
    const port = await serve(() => {})
    const giveUp = new AbortController()
    const answer = outboundFetch(toLoopback)(`http://127.0.0.1:${port}/`, { signal: giveUp.signal })
    giveUp.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
  })
})

it('sends method, headers and body, and answers as fetch does', async () => {
  const port = await serve((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const body = { method: request.method, type: request.headers['content-type'], body: `${Buffer.concat(chunks)}` }
      response.writeHead(201, { 'set-cookie': ['a=1', 'b=2'], 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    })
  })
  const answer = await outboundFetch(toLoopback)(`http://127.0.0.1:${port}/token`, {
    method: 'post',
    body: new URLSearchParams({ grant_type: 'refresh_token' }),
  })
  expect(answer.status).toBe(201)
  expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(await answer.json()).toEqual({
    method: 'POST',
    type: 'application/x-www-form-urlencoded;charset=UTF-8',
    body: 'grant_type=refresh_token',
  })
})

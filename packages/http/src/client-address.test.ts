import { expect, test } from 'vitest'
import { clientAddresses, notePeer } from './client-address.ts'

function addressOf(peer: string | undefined, forwarded: string | undefined, trusted: readonly string[]): string {
  const request = new Request(
    'http://localhost/',
    forwarded === undefined ? {} : { headers: { 'x-forwarded-for': forwarded } },
  )
  notePeer(request, peer)
  return clientAddresses(trusted)(request)
}

test.each([
  ['without a proxy, it is the other end of the connection', '1.2.3.4', undefined, [], '1.2.3.4'],
  ['a header of somebody who is no proxy is a lie', '1.2.3.4', '5.6.7.8', ['10.0.0.0/8'], '1.2.3.4'],
  ['a proxy says who it is', '10.1.1.1', '5.6.7.8', ['10.0.0.0/8'], '5.6.7.8'],
  ['what the client itself wrote before is not believed', '10.1.1.1', '9.9.9.9, 5.6.7.8', ['10.0.0.0/8'], '5.6.7.8'],
  ['proxies behind proxies', '10.1.1.1', '5.6.7.8, 10.2.2.2', ['10.0.0.0/8'], '5.6.7.8'],
  ['rubbish is as far as it goes', '10.1.1.1', '5.6.7.8, unknown', ['10.0.0.0/8'], '10.1.1.1'],
  ['addresses of sockets for both families', '::ffff:127.0.0.1', '5.6.7.8', ['127.0.0.1'], '5.6.7.8'],
  ['IPv6', 'fd00::1', '2001:db8::1', ['fd00::/8'], '2001:db8::1'],
  ['a request over no connection has none', undefined, '5.6.7.8', ['10.0.0.0/8'], ''],
])('%s', (_, peer, forwarded, trusted, expected) => {
  expect(addressOf(peer, forwarded, trusted)).toBe(expected)
})

test.each(['proxy', '10.0.0.0/33', '10.0.0.0/x', '::1/129'])('%s is no proxy', (entry) => {
  expect(() => clientAddresses([entry])).toThrow(`"${entry}" is no address`)
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { abortable } from './abort.ts'

it('rejects with the reason of the signal and leaves no listener behind', async () => {
  const controller = new AbortController()
  await expect(abortable(Promise.resolve(1), controller.signal)).resolves.toBe(1)
  const waiting = abortable(new Promise(() => {}), controller.signal)
  controller.abort(new Error('stop'))
  await expect(waiting).rejects.toThrow('stop')
  await expect(abortable(Promise.reject(new Error('late')), controller.signal)).rejects.toThrow('stop')
})

it('asks at the first signal and ends the process at the second', async () => {
  const program = `
    import { signalFromProcess } from '${new URL('./abort.ts', import.meta.url)}'
    const { signal } = signalFromProcess({ onAsk: (name) => console.log('asked', name), onForce: () => console.log('forced') })
    signal.addEventListener('abort', () => console.log(signal.reason.code))
    setInterval(() => {}, 1000)
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += chunk
    if (output === 'ready\n' || output.endsWith('INTERRUPTED\n')) child.kill('SIGINT')
  }
  expect(output).toBe('ready\nasked SIGINT\nINTERRUPTED\nforced\n')
  expect(await exit).toEqual([130, null])
})

import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Ends an engine whose server was killed, and that does not see it because ClickHouse holds its thread; its data directory would
 * be locked for good. A small shell waits on a pipe that only the server holds open: a line says that the engine has ended.
 *
 * @param temporary Removed with the engine.
 */
export function watchOver(engine: ChildProcess, temporary: string): void {
  if (engine.pid === undefined) return
  const script = `
    read -r line && exit 0
    i=0
    while kill -0 "$1" 2>/dev/null && [ $i -lt 20 ]; do sleep 0.1; i=$((i + 1)); done
    kill -KILL "$1" 2>/dev/null
    rm -rf -- "$2"`
  const shell = spawn('/bin/sh', ['-c', script, 'watchdog', `${engine.pid}`, temporary], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  })
  shell.unref()
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  engine.once('exit', () => shell.stdin.end('ended\n'))
}

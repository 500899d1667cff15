import { spawn } from 'node:child_process'

/**
 * Ends a server whose starter died without stopping it, even by SIGKILL. A small shell waits on a pipe
 * that only this process holds open: a line says that all is well, the end of the pipe that we are dead.
 * It then stops the server, waits for it, and removes its temporary directory.
 */
export function watchOver(server: { pid: number; stopSignal: 'INT' | 'TERM'; directory: string | undefined }): {
  dismiss(): void
} {
  if (process.platform === 'win32') return { dismiss() {} }
  const script = `
    read -r line && exit 0
    kill -"$2" "$1" 2>/dev/null
    i=0
    while kill -0 "$1" 2>/dev/null && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
    kill -KILL "$1" 2>/dev/null
    if [ -n "$3" ]; then rm -rf -- "$3"; fi`
  const shell = spawn(
    '/bin/sh',
    ['-c', script, 'watchdog', `${server.pid}`, server.stopSignal, server.directory ?? ''],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    },
  )
  shell.unref()
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  return { dismiss: () => shell.stdin.end('well\n') }
}

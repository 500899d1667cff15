import { spawn } from 'node:child_process'

/** Opens an address in the browser of whoever sits here; nothing happens where there is none. */
export function openBrowser(url: string): void {
  const parsed = URL.parse(url)
  // A server could name a program else.
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return
  const [program = '', ...args] = opener()
  spawn(program, [...args, parsed.href], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}

function opener(): readonly string[] {
  switch (process.platform) {
    case 'darwin':
      return ['open']
    case 'win32':
      // A shell would read more into an address.
      return ['rundll32', 'url.dll,FileProtocolHandler']
    default:
      return ['xdg-open']
  }
}

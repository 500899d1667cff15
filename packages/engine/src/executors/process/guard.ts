import { spawn } from 'node:child_process'
import { markVariable } from './process-tree.ts'

/**
 * A small shell that outlives the worker: it waits on a pipe that only the worker holds open. The end of the pipe without
 * a word before it means that the worker died, even by SIGKILL, and then the shell ends the process groups it was told of
 * and everything that carries the mark, a task in an endless loop included, and removes their temporary folder.
 */
const script = `
  mark=$1 folder=$2 groups=
  while read -r verb group; do
    case $verb in
      add) groups="$groups $group" ;;
      drop)
        rest=
        for known in $groups; do [ "$known" = "$group" ] || rest="$rest $known"; done
        groups=$rest ;;
      well) exit 0 ;;
    esac
  done
  for group in $groups; do kill -KILL -- "-$group" 2>/dev/null; done
  tries=0
  while [ $tries -lt 50 ]; do
    found=
    for file in $(grep -ls -- "$mark" /proc/[0-9]*/environ 2>/dev/null); do
      pid=\${file#/proc/}
      kill -KILL "\${pid%/environ}" 2>/dev/null && found=1
    done
    [ -n "$found" ] || break
    tries=$((tries + 1))
  done
  rm -rf -- "$folder"`

export interface Guard {
  add(group: number): void
  drop(group: number): void
  /** All is in order; the shell ends. */
  dismiss(): void
}

/** @param mark Beginning of the marks of all processes it is to end. */
export function startGuard({ mark, folder }: { readonly mark: string; readonly folder: string }): Guard {
  if (process.platform === 'win32') return { add() {}, drop() {}, dismiss() {} }
  const shell = spawn('/bin/sh', ['-c', script, 'guard', `${markVariable}=${mark}`, folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
  })
  shell.unref()
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref()
  return {
    add: (group) => void shell.stdin.write(`add ${group}\n`),
    drop: (group) => void shell.stdin.write(`drop ${group}\n`),
    dismiss: () => void shell.stdin.end('well\n'),
  }
}

import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Things that are true on one machine only, or that do not belong into the repository. */
const root = join(import.meta.dirname, '..')
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, maxBuffer: 1 << 26 }).toString()
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
const places = [root, homedir()].filter((place) => place.length >= 5).map((place) => `(?<![\\w.:-])${escaped(place)}/`)

const rules: readonly { readonly what: string; readonly pattern: RegExp; readonly only?: RegExp }[] = [
  ...(places.length === 0 ? [] : [{ what: 'a path of this machine', pattern: new RegExp(places.join('|')) }]),
  { what: 'the address of a package registry', pattern: /\bregistry\.[a-z]+\.(?:org|com|dev)\b/ },
  {
    what: 'a download address in the lock file',
    pattern: /"resolved": "(?!(?:packages|apps)\/)/,
    only: /package-lock\.json$/,
  },
  { what: 'a test that hides the others', pattern: /\b(?:it|test|describe)\.only\(/, only: /\.ts$/ },
  { what: 'an unfinished place', pattern: /\b(?:TODO|FIXME|XXX)\b/, only: /\.(?:ts|js|md)$|^script\// },
]
const largestFile = 1_000_000

const problems: string[] = []
for (const path of git('ls-files', '-z').split('\0').filter(Boolean)) {
  if (path === 'script/check-repository.ts') continue
  const stat = lstatSync(join(root, path), { throwIfNoEntry: false })
  if (!stat?.isFile()) continue
  if (stat.size > largestFile) problems.push(`${path}: ${stat.size} bytes; large files do not belong here.`)
  const content = readFileSync(join(root, path))
  if (content.includes(0)) continue
  content
    .toString('utf8')
    .split('\n')
    .forEach((line, index) => {
      for (const { what, pattern, only } of rules) {
        if ((only?.test(path) ?? true) && pattern.test(line)) problems.push(`${path}:${index + 1}: ${what}.`)
      }
    })
}

/** The suites that connectors of others are held to, and what these import. */
const shippedSuites =
  /\/kit\/(?:sql-connector|notify-connector|object-store|stream-connector|stream-consumer|scripted-server|cutting-proxy|read-text)\.contract\./

/** What `npm pack` would ship: tests and build information stay at home. */
const packed = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--workspaces'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString(),
)
for (const { name, files } of packed as { name: string; files: { path: string }[] }[]) {
  for (const { path } of files) {
    // What new connectors begin with.
    if (/^templates\//.test(path)) continue
    if (shippedSuites.test(path)) continue
    if (/\.(?:test|contract|fixture)\.|\/conformance\/|\.tsbuildinfo$/.test(path))
      problems.push(`${name} would ship ${path}.`)
  }
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

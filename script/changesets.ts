import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/**
 * What is wrong with the fragments of the changelog: each names packages of this repository, says how much changes for
 * their users, and tells it.
 */
export function fragmentProblems(root: string): string[] {
  const packages = new Set(
    globSync('{packages,apps}/*/package.json', { cwd: root }).map((path) => {
      const { name } = JSON.parse(readFileSync(join(root, path), 'utf8')) as { name: string }
      return name
    }),
  )
  return fragments(root).flatMap((file) => {
    const [, head, text] =
      /^---\r?\n(.*?)\r?\n---\r?\n(.*)$/s.exec(readFileSync(join(root, '.changeset', file), 'utf8')) ?? []
    const wrong = (what: string) => [`.changeset/${file}: ${what} "npx changeset" makes one that is right.`]
    if (head === undefined || text === undefined) return wrong('It has no head between two lines "---".')
    if (text.trim() === '') return wrong('It does not say what changed for users.')
    let bumps: unknown
    try {
      bumps = parse(head)
    } catch (error) {
      return wrong(`Its head cannot be read: ${(error as Error).message.split('\n')[0]}.`)
    }
    if (typeof bumps !== 'object' || bumps === null) return wrong('Its head names no package.')
    return Object.entries(bumps).flatMap(([name, bump]) => {
      if (!packages.has(name)) return wrong(`There is no package ${name}.`)
      return ['patch', 'minor', 'major'].includes(bump)
        ? []
        : wrong(`${name} changes by "${bump}", not by patch, minor or major.`)
    })
  })
}

/** Fragments that no release has taken into a changelog. */
export function fragments(root: string): string[] {
  const folder = join(root, '.changeset')
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.md') && file !== 'README.md')
        .sort()
    : []
}

/**
 * Tags the version that stands in packages/cli, once its changes are told.
 *
 * @throws Error when fragments are left, the changelog does not speak of the version, or the tag exists: a tag without
 *   its changelog cannot be used again
 */
export function tagRelease(root: string): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
      .toString()
      .trim()
  const { version } = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8')) as { version: string }
  const tag = `v${version}`
  const left = fragments(root)
  if (left.length > 0) {
    throw new Error(`The changelog lacks ${left.join(', ')}. Run script/release version and commit first.`)
  }
  const changelog = join(root, 'packages/cli/CHANGELOG.md')
  if (!existsSync(changelog) || !readFileSync(changelog, 'utf8').split(/\r?\n/).includes(`## ${version}`)) {
    throw new Error(
      `packages/cli/CHANGELOG.md says nothing of ${version}. Run script/release version and commit first.`,
    )
  }
  if (git('status', '--porcelain') !== '')
    throw new Error('There are changes that are not committed. Commit them first.')
  if (git('tag', '--list', tag) !== '')
    throw new Error(`${tag} exists. Delete it here and at the remote before it is used again.`)
  git('tag', '--annotate', tag, '--message', `Millrace ${version}`)
  return tag
}

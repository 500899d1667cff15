import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fragmentProblems, tagRelease } from './changesets.ts'

const usage = `script/release check|version|tag

  check     the fragments of the changelog can be read (part of script/lint)
  version   takes the fragments into the changelogs and counts the versions up; look at it, then commit
  tag       tags the version that was committed; refused while a fragment is left`

const root = join(import.meta.dirname, '..')
const problems = fragmentProblems(root)
try {
  if (problems.length > 0) throw new Error(problems.join('\n'))
  switch (process.argv[2]) {
    case 'check':
      break
    case 'version':
      execFileSync('changeset', ['version'], { cwd: root, stdio: 'inherit' })
      break
    case 'tag':
      console.log(`${tagRelease(root)} was made. Push it: git push --follow-tags`)
      break
    default:
      console.error(usage)
      process.exitCode = 2
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

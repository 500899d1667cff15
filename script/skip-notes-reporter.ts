import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase } from 'vitest/node'

const notes: Record<string, string> = {}

/** Keeps why tests skipped themselves, which the JSON report leaves out: full name to reason. */
// biome-ignore lint/style/noDefaultExport: how vitest finds a reporter
export default class SkipNotesReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    if (result.state === 'skipped' && result.note) notes[test.fullName.replaceAll(' > ', ' ')] = result.note
  }

  onTestRunEnd(): void {
    if (process.env.SKIP_NOTES_FILE) writeFileSync(process.env.SKIP_NOTES_FILE, JSON.stringify(notes))
  }
}

import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Tests start many processes from the sources. Node keeps what it compiled of them, by their text: a third of their cost.
// The place is the one that the command itself takes.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache')

/** Where nothing is known of former runs, the size of a file stands for its time. These are small, and would end alone at the end. */
const longest = ['every-page.browser.test.ts', 'responsiveness.browser.test.ts', 'ten-thousand-calls.test.ts']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(`/${name}`))
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  resolve: { conditions: ['@millrace/source'] },
  ssr: { resolve: { conditions: ['@millrace/source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'script/**/*.test.ts', 'examples/**/*.test.ts'],
    // They install packages from the package index of Python, which takes minutes: on demand only.
    exclude: [...configDefaults.exclude, ...(process.env.PYTHON_TESTS === 'yes' ? [] : ['**/*.python.test.ts'])],
    sequence: { sequencer: LongestFirst },
    globalSetup: ['script/temporary-files.ts'],
    // Real servers start and stop in these tests, on machines that may be so busy that all takes ten times as long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 90_000 } },
    // More files than cores: for a third of their time they wait for their servers.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
  },
})

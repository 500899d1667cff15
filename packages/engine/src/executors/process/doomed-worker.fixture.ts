import { codeAttempt, recordingHost } from '../../task-host/attempt-spec.fixture.ts'
import { processExecutor } from './process-executor.ts'

/** Runs a task that never ends and has started programs, prints the processes, and waits to be killed. */
const executor = processExecutor({
  slots: 1,
  hostModule: new URL('../../task-host/code-host.fixture.ts', import.meta.url),
  cacheFolder: process.argv[2] ?? '.',
  installFor: async () => null,
})
const { host, heard, texts } = recordingHost()
executor.start(
  codeAttempt(({ log }) => {
    const { execSync, spawn } = process.getBuiltinModule('node:child_process')
    const child = spawn('sleep', ['600'], { stdio: 'ignore' })
    const other = Number(execSync('setsid sleep 600 >/dev/null 2>&1 & echo $!'))
    const folder = process.env.TMPDIR
    log.info(JSON.stringify({ pids: [process.pid, child.pid, other], folder }))
    for (;;);
  }),
  host,
)
await heard('pids')
console.log(texts()[0])

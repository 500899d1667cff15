import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCode } from './bootstrap.ts'
import { runProcess } from './run-process.ts'

// Runs Python code that starts a process of its own, and prints the ids of both; its own end is the test's.
const scratch = mkdtempSync(join(tmpdir(), 'millrace-test-'))
console.log(scratch)
const code =
  'import os, subprocess, time\nchild = subprocess.Popen(["sleep", "600"])\nprint("pids", os.getpid(), child.pid)\ntime.sleep(600)'
writeFileSync(join(scratch, 'task.py'), code)
writeFileSync(join(scratch, 'bootstrap.py'), runCode)
writeFileSync(join(scratch, 'context.json'), '{}')
const files = ['task.py', 'bootstrap.py', 'context.json', 'result.json'].map((name) => join(scratch, name))
const [task = '', bootstrap = '', context = '', result = ''] = files
await runProcess('python3', ['-u', bootstrap, task, 'task.py', context, result], {
  cwd: scratch,
  env: process.env,
  signal: new AbortController().signal,
  onLine: (line) => console.log(line),
})

import { expect, it } from 'vitest'
import { useConsole } from './testing/browser.fixture.ts'
import { deployPackage } from './testing/deploy-package.ts'
import { settled } from './testing/visit.ts'

const served = useConsole()

/** Each would set `window.harmed` if it became markup or code. */
const hostile = [
  '<img src=x onerror="window.harmed=1">',
  '<script>window.harmed=1</script>',
  '[click](javascript:window.harmed=1)',
  '<a href="javascript:window.harmed=1">go</a>',
  '<svg onload="window.harmed=1"></svg>',
  '![x](x" onerror="window.harmed=1)',
  '<iframe srcdoc="<script>parent.harmed=1</script>"></iframe>',
]
const name = `<img src=x onerror="window.harmed=1">`

it('answers with a policy that admits the files of the server and nothing else', async () => {
  const { headers } = await fetch(served.url, { headers: { accept: 'text/html' } })
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'; script-src 'self';")
  expect(policy).toMatch(/style-src 'self' 'nonce-[\w+/=]{22,}'/)
  for (const weak of ['unsafe-inline', 'unsafe-eval', 'blob:', '*', 'http:']) expect(policy).not.toContain(weak)
  const again = (await fetch(served.url, { headers: { accept: 'text/html' } })).headers.get('content-security-policy')
  expect(again).not.toBe(policy)
})

it('shows what people wrote as text, wherever it is read', async () => {
  const { api, dev } = served
  const group = await api.post('/api/data/groups', { body: { name, slug: 'g', description: hostile.join('\n') } })
  const project = await api.post('/api/data/projects', {
    body: {
      ...{
        name,
        slug: 'p',
        namespace: group.slug,
        description: hostile.join(' '),
        documentation: hostile.join('\n\n'),
      },
      keywords: [name],
    },
  })
  await api.put('/api/projects/{id}/variables/{variable}', {
    params: { path: { id: project.id, variable: 'v' } },
    body: { value: hostile },
  })
  const { etag } = await api.get('/api/data/platform/config')
  await api.patch('/api/data/platform/config', {
    params: { header: { 'If-Match': etag } },
    body: { incident_banner: hostile.join('\n\n') },
  })
  const run = await hostileRun(served)
  const taskRuns = await api.get('/api/runs/{run}/task-runs', { params: { path: { run } } })
  const task = taskRuns[0]?.id ?? 0

  const page = await served.open('/')
  // The project, its name in lists, the log and the failure of the task, the events, the audit log.
  for (const path of [
    '/',
    '/projects/g/p',
    '/projects/g/p/settings',
    '/projects/g/p/audit',
    '/groups/g',
    '/search?q=g',
    '/workflows/hostile_one',
    '/runs',
    `/runs/${run}`,
    `/runs/${run}?task=${task}`,
    `/runs/${run}?task=${task}&part=output`,
    '/admin/platform',
    `/search?q=${encodeURIComponent(name)}`,
  ]) {
    await page.goto(`${dev.url}${path}`)
    await settled(page)
    const found = await page.evaluate(() => ({
      harmed: 'harmed' in window,
      handlers: document.querySelectorAll('[onerror], [onload], [srcdoc]').length,
      links: [...document.querySelectorAll('a')].filter(({ href }) => /^\s*javascript:/i.test(href)).length,
      scripts: [...document.scripts].filter(({ src }) => !src.startsWith(location.origin)).length,
    }))
    expect({ path, ...found }).toEqual({ path, harmed: false, handlers: 0, links: 0, scripts: 0 })
  }
})

/** A run whose log, output and failure hold it all. */
async function hostileRun({ api, dev }: typeof served): Promise<string> {
  await deployPackage(dev, {
    'package.json': JSON.stringify({
      name: 'hostile',
      version: '1.0.0',
      type: 'module',
      dependencies: { '@millrace/workflow': '*' },
    }),
    'src/hostile.ts': `
import { Task, type TaskContext, Workflow } from '@millrace/workflow'
const texts = ${JSON.stringify(hostile)}
export class Say extends Task {
  run({ log }: TaskContext) {
    for (const text of texts) { log.info(text, { text }); console.log('\\u001b]8;;javascript:window.harmed=1\\u0007' + text) }
    return texts
  }
}
export class Fail extends Task { run() { throw new Error(texts.join(' ')) } }
export const one = new Workflow({ category: 'hostile', name: 'one', title: texts[0], description: texts.join('\\n\\n') })
  .addNode(Say).addNode(Fail, { upstreams: Say })
`,
  })
  const { id } = await api.post('/api/workflows/{workflow}/runs', {
    params: { path: { workflow: 'hostile_one' } },
    body: {},
  })
  await expect
    .poll(async () => (await api.get('/api/runs/{run}', { params: { path: { run: id } } })).state)
    .toBe('failed')
  return id
}

import {
  type AttemptSpec,
  decide,
  type Json,
  type Outcome,
  triggerRules,
  type WorkflowManifest,
} from '@millrace/workflow'
import { expect, it } from 'vitest'
import { deployWorkflow } from '../workflows.ts'
import { createRun } from './create-run.ts'
import {
  choose,
  failure,
  inconsistencies,
  manifestOf,
  type NodeSketch,
  output,
  skip,
  states,
  useEngines,
  work,
} from './engine.fixture.ts'
import { readRun } from './run-row.ts'

const engines = useEngines()

/** Numbers from 0 up to 1 that are the same every time (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Example {
  readonly manifest: WorkflowManifest
  /** What the attempt of a node, or of one of its items, ends with. */
  readonly outcomeOf: (node: string, item: number | null) => Outcome
}

function exampleFrom(seed: number): Example {
  const random = numbersFrom(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const sketches: Record<string, Exclude<NodeSketch, readonly string[]> & { after: string[] }> = {}
  const ids = Array.from({ length: 2 + Math.floor(random() * 11) }, (_, index) => `n${index}`)
  const mappable: string[] = []
  ids.forEach((id, index) => {
    const before = ids.slice(0, index)
    const after = before.filter(() => random() < 2.2 / Math.max(2, index))
    const kind = random()
    const triggerRule = random() < 0.5 ? 'all_success' : pick(triggerRules)
    const from = kind > 0.8 && mappable.length > 0 ? pick(mappable) : undefined
    const spacer = kind < 0.15
    sketches[id] = {
      after: from === undefined || after.includes(from) ? after : [...after, from],
      triggerRule,
      spacer,
      branch: !spacer && from === undefined && kind < 0.3,
      ...(from === undefined ? {} : { mapOver: from }),
    }
    if (!spacer) mappable.push(id)
  })
  const manifest = manifestOf(sketches, { name: `graph-${seed}` })
  const fates = new Map<string, Outcome>()
  const outcomeOf = (node: string, item: number | null): Outcome => {
    const key = `${node}[${item}]`
    const known = fates.get(key)
    if (known !== undefined) return known
    const own = numbersFrom(seed * 1000 + [...key].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 7))
    const chance = own()
    const downstreams = manifest.nodes.filter(({ upstreams }) => upstreams.includes(node)).map(({ id }) => id)
    const fate =
      chance < 0.15
        ? failure
        : chance < 0.25
          ? skip
          : sketches[node]?.branch
            ? choose(...downstreams.filter(() => own() < 0.6))
            : output(Array.from({ length: Math.floor(own() * 4) }, (_, index) => index))
    fates.set(key, fate)
    return fate
  }
  return { manifest, outcomeOf }
}

/**
 * The rules in their plainest form. What ended together is counted together; then every node that is not decided yet is, and
 * what ended by that is counted next.
 */
function expected({ manifest, outcomeOf }: Example, batches: readonly (readonly AttemptSpec[])[]) {
  const over = new Map<string, string>()
  const begun = new Set<string>()
  const outputs = new Map<string, Json>()
  const choices = new Map<string, readonly string[]>()
  const items = new Map<string, (string | undefined)[]>()
  const stateAfter = ({ kind }: Outcome) => (kind === 'success' ? 'success' : kind === 'skip' ? 'skipped' : 'failed')

  const decideAll = (): Map<string, string> => {
    const ends = new Map<string, string>()
    for (const { id, kind, upstreams, options, mapOver } of manifest.nodes) {
      if (over.has(id)) continue
      const own = items.get(id)
      if (own?.every((item) => item !== undefined)) ends.set(id, own.includes('failed') ? 'failed' : 'success')
      if (begun.has(id)) continue
      if (upstreams.some((up) => over.get(up) === 'success' && choices.get(up)?.includes(id) === false)) {
        ends.set(id, 'skipped')
        continue
      }
      const states = upstreams.flatMap((up) => over.get(up) ?? [])
      const success = states.filter((state) => state === 'success').length
      const skipped = states.filter((state) => state === 'skipped').length
      const failed = states.length - success - skipped
      const decision = decide(options.triggerRule, { total: upstreams.length, success, skipped, failed })
      if (decision === 'wait' || (decision === 'run' && mapOver !== null && !over.has(mapOver))) continue
      if (decision !== 'run') ends.set(id, decision === 'skip' ? 'skipped' : 'upstream_failed')
      else if (kind === 'spacer') ends.set(id, 'success')
      else if (mapOver === null) begun.add(id)
      else {
        const list = outputs.get(mapOver) ?? null
        if (list !== null && !Array.isArray(list)) ends.set(id, 'failed')
        else if (list === null || list.length === 0) ends.set(id, 'skipped')
        else {
          begun.add(id)
          items.set(id, new Array(list.length).fill(undefined))
        }
      }
    }
    return ends
  }
  const settle = () => {
    for (let ends = decideAll(); ends.size > 0; ends = decideAll()) for (const [id, state] of ends) over.set(id, state)
  }

  settle()
  for (const batch of batches) {
    for (const { node, mapIndex } of batch) {
      const outcome = outcomeOf(node.id, mapIndex)
      const value = outcome.kind === 'success' ? outcome.output : null
      const own = items.get(node.id)
      if (mapIndex !== null && own !== undefined) {
        own[mapIndex] = stateAfter(outcome)
        const list = (outputs.get(node.id) ?? own.map(() => null)) as Json[]
        outputs.set(node.id, list.with(mapIndex, value))
      } else {
        over.set(node.id, stateAfter(outcome))
        if (outcome.kind === 'success') outputs.set(node.id, value)
        if (outcome.kind === 'success' && outcome.choice) choices.set(node.id, outcome.choice)
      }
    }
    settle()
  }
  return Object.fromEntries([
    ...manifest.nodes.map(({ id }) => [id, over.get(id) ?? 'undecided']),
    ...[...items].flatMap(([id, ends]) => ends.map((end, index) => [`${id}[${index}]`, end])),
  ])
}

it.each([
  ['one after the other', 1],
  ['many at once', 100],
])('ends 100 random graphs as the rules alone say, with tasks %s', async (_, limit) => {
  await using test = await engines.open()
  const { engine } = test
  for (let seed = 1; seed <= 100; seed += 1) {
    const example = exampleFrom(seed)
    await deployWorkflow(engine, example.manifest)
    const { run } = await createRun(engine, { workflow: example.manifest.name, trigger: 'manual' })
    const batches: (readonly AttemptSpec[])[] = []
    await work(engine, ({ node, mapIndex }) => example.outcomeOf(node.id, mapIndex), {
      limit,
      onBatch: (specs) => batches.push(specs),
    })
    expect({ seed, states: await states(engine, run.id) }).toEqual({ seed, states: expected(example, batches) })
    const { state } = await readRun(engine.db, run.id)
    const failed = Object.entries(await states(engine, run.id)).some(([, one]) => one === 'failed')
    expect({ seed, state }).toEqual({ seed, state: failed ? 'failed' : 'success' })
  }
  expect(await inconsistencies(test.db)).toEqual([])
})

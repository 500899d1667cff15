import type { RunEvent, TaskRunState } from '@millrace/workflow'
import { duration } from './amounts.ts'
import { printable } from './printable.ts'
import type { ProgressStream } from './progress.ts'
import { createRunModel, isOver, type RunModel, type ShownNode, type ShownNodeRun } from './run-model.ts'
import { countStates, countsText, detailOf, shareOf } from './run-words.ts'

export interface RunTreeOptions {
  readonly stream: ProgressStream
  /** What stands above the tree. */
  readonly title: string
  /** In the order of the graph. */
  readonly nodes: readonly ShownNode[]
  readonly groups?: readonly { readonly id: string; readonly title: string | null; readonly parent: string | null }[]
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly mask?: (text: string) => string
}

export interface RunView extends Disposable {
  readonly model: RunModel
  onEvent(event: RunEvent): void
  /** Writes a line that stays. */
  line(text: string): void
  /** Something else wrote so many lines below what is shown. */
  interrupted?(lines: number): void
}

const drawEveryMs = 80
const spinner = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏']
const longestLabel = 36

const looks: Readonly<Record<TaskRunState, { readonly symbol: string; readonly color: number }>> = {
  waiting: { symbol: '○', color: 90 },
  ready: { symbol: '◔', color: 33 },
  running: { symbol: '', color: 36 },
  expanded: { symbol: '', color: 36 },
  success: { symbol: '✓', color: 32 },
  failed: { symbol: '✗', color: 31 },
  skipped: { symbol: '–', color: 90 },
  upstream_failed: { symbol: '⊘', color: 90 },
  cancelled: { symbol: '■', color: 33 },
}

interface Row {
  /** Null: the heading of a group. */
  readonly id: string | null
  readonly depth: number
  readonly label: string
}

/**
 * The graph of a run, drawn in place: a line for each node with its state, below its group and with the nodes it waits for.
 * A graph that is higher than the terminal is not drawn whole: what has ended then stays above as ordinary lines, and what
 * runs and waits is drawn as far as there is room.
 */
export function createRunTree(options: RunTreeOptions): RunView {
  const {
    stream,
    title,
    nodes,
    groups = [],
    environment = process.env,
    now = Date.now,
    mask = (text) => text,
  } = options
  const paint = painter(!environment.NO_COLOR)
  const model = createRunModel(nodes)
  const rows = rowsOf(nodes, groups)
  const left = new Set<string>()
  let drawn: readonly string[] = []
  let extraLines = 0
  let drawnAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const clean = (text: string) => printable(mask(text))
  const columns = () => Math.max(20, stream.columns ?? 80)

  const nodeLine = (run: ShownNodeRun, { depth, label }: Pick<Row, 'depth' | 'label'>, labels: number) => {
    const { symbol, color } = looks[run.state]
    const shape =
      symbol === ''
        ? (spinner[Math.floor(now() / 100) % spinner.length] ?? '')
        : run.node.kind === 'spacer'
          ? '┄'
          : symbol
    const space = columns()
    const start = `${'  '.repeat(depth)}${shape} `
    const name = fit(clean(label), Math.min(labels - 2 * depth, Math.max(8, space - start.length - 12)))
    const detail = clean(detailOf(run, now()))
    const share = isOver(run) ? null : shareOf(run)
    const meter = share === null || space < 60 ? '' : `${bar(share, 12)} ${`${Math.floor(share * 100)}%`.padStart(4)}  `
    const room = space - length(start) - length(name) - 2 - length(meter)
    const shown = cut(detail, Math.max(0, room))
    const ups = run.node.upstreams.length === 0 ? '' : upstreamsText(run.node.upstreams)
    const arrows =
      ups !== '' && shown === detail && length(ups) + 2 <= room - length(shown)
        ? `${shown === '' ? '' : '  '}${ups}`
        : ''
    const quiet = run.state === 'waiting' || run.state === 'skipped' || run.state === 'upstream_failed'
    const body = run.state === 'failed' ? paint(31, shown) : quiet ? paint(90, shown) : shown
    return `${paint(color, start)}${quiet ? paint(90, name) : name}  ${paint(36, meter)}${body}${paint(90, arrows)}`.trimEnd()
  }

  const header = () => {
    const counts = countStates([...model.nodes.values()].filter(({ node }) => node.kind === 'task'))
    const took = model.startedAt === null ? '' : duration((model.endedAt ?? now()) - model.startedAt)
    return `${paint(1, cut(clean(title), columns()))}${paint(90, cut(`  ${[took, countsText(counts)].filter(Boolean).join('  ')}`, Math.max(0, columns() - length(title))))}`
  }

  const childLines = () =>
    [...model.children.values()]
      .filter((child) => !isOver(child))
      .slice(0, 3)
      .map(({ workflow, startedAt }) => `${paint(36, '↳')} ${clean(workflow)}  ${duration(now() - startedAt)}`)

  /** Everything, with the last line of the log below what runs as far as there is room; null when it is too high. */
  const whole = (height: number): string[] | null => {
    const children = childLines()
    if (rows.length + children.length + 1 > height) return null
    const labels = labelWidth(rows)
    let room = height - rows.length - children.length - 1
    const lines = rows.flatMap((row) => {
      if (row.id === null) return [`${'  '.repeat(row.depth)}${paint(1, clean(row.label))}`]
      const run = model.nodes.get(row.id)
      if (run === undefined) return []
      const log = (run.state === 'running' || run.state === 'expanded') && run.lastLog !== null && room > 0
      if (!log) return [nodeLine(run, row, labels)]
      room--
      const text = cut(clean(`${'  '.repeat(row.depth + 1)}│ ${run.lastLog}`), columns())
      return [nodeLine(run, row, labels), paint(90, text)]
    })
    return [header(), ...lines, ...children]
  }

  /** Writes what has ended above, to stay, and gives what is going on. */
  const part = (height: number): { readonly above: readonly string[]; readonly lines: readonly string[] } => {
    const all = [...model.nodes.values()].filter(({ node }) => node.kind === 'task')
    const flat = (run: ShownNodeRun) => ({ depth: 0, label: run.node.id })
    const labels = labelWidth(all.map(flat))
    const ended = all.filter((run) => isOver(run) && !left.has(run.node.id))
    ended.sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))
    for (const run of ended) left.add(run.node.id)
    const open = all.filter((run) => !isOver(run))
    const active = open.filter(({ state }) => state !== 'waiting')
    const waiting = open.filter(({ state }) => state === 'waiting')
    const children = childLines()
    const shown = [...active, ...waiting].slice(0, Math.max(1, height - 2 - children.length))
    const hidden = open.length - shown.length
    return {
      above: ended.map((run) => nodeLine(run, flat(run), labels)),
      lines: [
        header(),
        ...shown.map((run) => nodeLine(run, flat(run), labels)),
        ...children,
        ...(hidden > 0 ? [paint(90, `… and ${hidden} more`)] : []),
      ],
    }
  }

  /** Lines that were drawn take more rows when the terminal has become narrower. */
  const drawnRows = () =>
    drawn.reduce((sum, text) => sum + Math.max(1, Math.ceil(length(plain(text)) / columns())), 0) + extraLines

  const replace = (above: readonly string[], lines: readonly string[]) => {
    const rowsUp = drawnRows()
    const up = rowsUp > 0 ? `\u001b[${rowsUp}A\r` : ''
    const text = [...above, ...lines].map((line) => `${line}\u001b[K\n`).join('')
    // Without wrapping (?7l) a line is a line; drawn at one blow (?2026) it does not flicker.
    stream.write(`\u001b[?2026h\u001b[?7l${up}${text}\u001b[J\u001b[?7h\u001b[?2026l`)
    drawn = lines
    extraLines = 0
    drawnAt = now()
  }

  const draw = (above: readonly string[] = []) => {
    if (isClosed) return
    const height = Math.max(4, (stream.rows ?? 24) - 1)
    const fitting = left.size > 0 ? null : whole(height)
    if (fitting !== null) return replace(above, fitting)
    const { above: ended, lines } = part(height)
    replace([...above, ...ended], lines)
  }

  return {
    model,
    line: (text) => draw([cut(clean(text), 10_000)]),
    onEvent(event) {
      model.apply(event)
      timer ??= setInterval(() => draw(), drawEveryMs).unref()
      if (now() - drawnAt >= drawEveryMs) draw()
    },
    interrupted(lines) {
      if (drawn.length > 0) extraLines += lines
      draw()
    },
    [Symbol.dispose]() {
      if (isClosed) return
      clearInterval(timer)
      if (timer !== undefined) draw()
      isClosed = true
    },
  }
}

/** Nodes in the order of the graph, those of a group together at the place of its first one. */
function rowsOf(nodes: readonly ShownNode[], groups: NonNullable<RunTreeOptions['groups']>): readonly Row[] {
  const byId = new Map(groups.map((group) => [group.id, group]))
  const children = new Map<string | null, (ShownNode | string)[]>()
  const placed = new Set<string>()
  const childrenOf = (group: string | null) => {
    const list = children.get(group) ?? []
    children.set(group, list)
    return list
  }
  const placeGroup = (id: string) => {
    if (placed.has(id)) return
    placed.add(id)
    const parent = byId.get(id)?.parent ?? null
    if (parent !== null) placeGroup(parent)
    childrenOf(parent).push(id)
  }
  for (const node of nodes) {
    if (node.group !== null) placeGroup(node.group)
    childrenOf(node.group).push(node)
  }
  const walk = (group: string | null, depth: number): Row[] =>
    childrenOf(group).flatMap((child) => {
      const own = (id: string) => (group === null ? id : id.slice(group.length + 1))
      if (typeof child !== 'string') return [{ id: child.id, depth, label: own(child.id) }]
      return [{ id: null, depth, label: byId.get(child)?.title ?? own(child) }, ...walk(child, depth + 1)]
    })
  return walk(null, 0)
}

function labelWidth(rows: readonly { readonly depth: number; readonly label: string }[]): number {
  return Math.min(longestLabel, Math.max(0, ...rows.map(({ depth, label }) => 2 * depth + length(label))))
}

function upstreamsText(upstreams: readonly string[]): string {
  const shown = upstreams.slice(0, 3).join(', ')
  return `← ${shown}${upstreams.length > 3 ? ` +${upstreams.length - 3}` : ''}`
}

function bar(share: number, width: number): string {
  const full = Math.floor(share * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

function painter(isColored: boolean): (code: number, text: string) => string {
  return (code, text) => (isColored && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text)
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what it is about
  return text.replace(/\u001b\[\d+m/g, '')
}

function length(text: string): number {
  return [...text].length
}

function cut(text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`
}

function fit(text: string, width: number): string {
  return cut(text, width) + ' '.repeat(Math.max(0, width - length(text)))
}

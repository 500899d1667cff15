import { readFileSync } from 'node:fs'
import { cpus, freemem, totalmem } from 'node:os'
import type { Meter } from '@opentelemetry/api'
import type { SystemMetricConfig } from '../guide-settings.ts'
import { otelApi } from './otel-api.ts'

interface SystemInstrument {
  readonly kind: 'sum' | 'level'
  readonly unit: string
  readonly description: string
  /** Tells the values of the instrument apart. */
  readonly attribute: string
  /** Absent where the system does not say. */
  readonly read: () => Readonly<Record<string, number | undefined>>
}

const instruments: Readonly<Record<string, SystemInstrument>> = {
  'system.memory.usage': {
    kind: 'level',
    unit: 'By',
    description: 'Memory of the machine by what it is used for.',
    attribute: 'state',
    read: () => {
      const cached = kilobytesIn('/proc/meminfo', 'Cached')
      const free = kilobytesIn('/proc/meminfo', 'MemFree') ?? freemem()
      return { used: totalmem() - free - (cached ?? 0), free, cached }
    },
  },
  'system.cpu.time': {
    kind: 'sum',
    unit: 's',
    description: 'Time of all processors of the machine.',
    attribute: 'state',
    read: () => {
      const seconds = (state: 'idle' | 'user' | 'sys' | 'irq') =>
        cpus().reduce((sum, { times }) => sum + times[state] / 1000, 0)
      return { idle: seconds('idle'), user: seconds('user'), system: seconds('sys'), irq: seconds('irq') }
    },
  },
  'system.network.io': {
    kind: 'sum',
    unit: 'By',
    description: 'Bytes over all network interfaces but the loopback.',
    attribute: 'direction',
    read: networkBytes,
  },
  'process.runtime.memory': {
    kind: 'level',
    unit: 'By',
    description: 'Memory of the process: resident and virtual.',
    attribute: 'type',
    read: () => ({ rss: process.memoryUsage.rss(), vms: kilobytesIn('/proc/self/status', 'VmSize') }),
  },
  'process.runtime.cpu.time': {
    kind: 'sum',
    unit: 's',
    description: 'Processor time of the process.',
    attribute: 'type',
    read: () => {
      const { user, system } = process.cpuUsage()
      return { user: user / 1e6, system: system / 1e6 }
    },
  },
  'process.runtime.context_switches': {
    kind: 'sum',
    unit: '1',
    description: 'How often the process was taken off or left its processor.',
    attribute: 'type',
    read: () => {
      const { involuntaryContextSwitches, voluntaryContextSwitches } = process.resourceUsage()
      return { involuntary: involuntaryContextSwitches, voluntary: voluntaryContextSwitches }
    },
  },
}

/** Observes what the configuration names; what this system does not have is said in OpenTelemetry's own log and left out. */
export function observeSystem(meter: Meter, config: SystemMetricConfig): void {
  for (const [name, wanted] of Object.entries(config)) {
    if (wanted === false) continue
    const instrument = Object.hasOwn(instruments, name) ? instruments[name] : undefined
    if (instrument === undefined) {
      otelApi().diag.warn(`No system metric "${name}"; there are ${Object.keys(instruments).join(', ')}.`)
      continue
    }
    const { unit, description, attribute, read } = instrument
    const made =
      instrument.kind === 'sum'
        ? meter.createObservableCounter(name, { unit, description })
        : meter.createObservableUpDownCounter(name, { unit, description })
    made.addCallback((result) => {
      for (const [state, value] of Object.entries(read())) {
        if (value !== undefined && (wanted === true || wanted.includes(state)))
          result.observe(value, { [attribute]: state })
      }
    })
  }
}

/** Of a file of the kernel such as `/proc/meminfo`, in bytes; undefined where there is none. */
function kilobytesIn(path: string, field: string): number | undefined {
  const [, size] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readIfThere(path)) ?? []
  return size === undefined ? undefined : Number(size) * 1024
}

function networkBytes(): { transmit?: number; receive?: number } {
  const rows = readIfThere('/proc/net/dev')
    .split('\n')
    .flatMap((line) => {
      const [, name, counters = ''] = /^\s*(\S+):\s*(.*)$/.exec(line) ?? []
      return name === undefined || name === 'lo' ? [] : [counters.split(/\s+/).map(Number)]
    })
  if (rows.length === 0) return {}
  // Eight columns are about what was received, and the ninth begins those about what was sent.
  const sum = (column: number) => rows.reduce((total, row) => total + (row[column] ?? 0), 0)
  return { transmit: sum(8), receive: sum(0) }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

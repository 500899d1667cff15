import 'uplot/dist/uPlot.min.css'
import { Button, Group, Stack, Table, Text, useComputedColorScheme } from '@mantine/core'
import { useDisclosure, useElementSize } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import UPlot from 'uplot'
import styles from './time-chart.module.css'

export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly value: number
}

interface TimeChartProps {
  /** What is measured, with its unit: "Rows per second". */
  readonly label: string
  readonly points: readonly Point[]
  /** In pixels. Default 180. */
  readonly height?: number
}

/** A value over time, as a line; and as a table for whoever would rather read it. */
export function TimeChart({ label, points, height = 180 }: TimeChartProps) {
  const { ref, width } = useElementSize<HTMLDivElement>()
  const frame = useRef<HTMLDivElement>(null)
  const chart = useRef<UPlot>(null)
  const scheme = useComputedColorScheme('light')
  const [isTable, { toggle }] = useDisclosure(false)
  const latest = useRef(points)
  latest.current = points

  // Made anew with the scheme, whose colors it has.
  useEffect(() => {
    const element = frame.current
    if (element === null || width < 50 || isTable) return
    const plot = new UPlot(options(element, { label, width, height }), data(latest.current), element)
    chart.current = plot
    return () => {
      plot.destroy()
      chart.current = null
    }
  }, [label, width, height, scheme, isTable])
  useEffect(() => chart.current?.setData(data(points)), [points])

  const last = points.at(-1)
  return (
    <Stack gap={4} ref={ref}>
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          {label}
          {last !== undefined && (
            <Text span c="dimmed" inherit fw={400} className="numeric">
              {' '}
              · {numberText(last.value)} now
            </Text>
          )}
        </Text>
        <Button variant="subtle" size="compact-xs" aria-pressed={isTable} onClick={toggle}>
          {isTable ? 'Show as chart' : 'Show as table'}
        </Button>
      </Group>
      {isTable ? (
        <Values label={label} points={points} />
      ) : (
        <div ref={frame} className={styles.chart} role="img" aria-label={summary(label, points)} style={{ height }} />
      )}
    </Stack>
  )
}

function Values({ label, points }: { readonly label: string; readonly points: readonly Point[] }) {
  return (
    <Table aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Time</Table.Th>
          <Table.Th ta="right">{label}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {points
          .slice(-60)
          .toReversed()
          .map(({ at, value }) => (
            <Table.Tr key={at}>
              <Table.Td>{new Date(at).toLocaleTimeString()}</Table.Td>
              <Table.Td ta="right" className="numeric">
                {numberText(value)}
              </Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  )
}

function options(
  element: HTMLElement,
  { label, width, height }: { readonly label: string; readonly width: number; readonly height: number },
): UPlot.Options {
  const style = getComputedStyle(element)
  const color = (name: string) => style.getPropertyValue(name).trim()
  const [line, ink, grid] = [
    color('--mantine-primary-color-filled'),
    color('--mantine-color-dimmed'),
    color('--mantine-color-default-border'),
  ]
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } }
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false },
    scales: {
      x: { range: (_plot, first, last) => [first, Math.max(last, first + shortestSeconds)] },
      y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.1)] },
    },
    axes: [
      { ...axis, incrs: [...steps], space: 80, values: (_plot, ticks) => ticks.map(clockText) },
      { ...axis, size: 64, values: (_plot, ticks) => ticks.map(numberText) },
    ],
    series: [{}, { label, stroke: line, width: 2, fill: `color-mix(in srgb, ${line} 12%, transparent)` }],
  }
}

function data(points: readonly Point[]): UPlot.AlignedData {
  return [points.map(({ at }) => at / 1000), points.map(({ value }) => value)]
}

/** A chart of less would be all noise. */
const shortestSeconds = 10
/** Between marks of the time axis, in seconds. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400]
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })

function clockText(seconds: number): string {
  return clock.format(seconds * 1000)
}

const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })

function numberText(value: number): string {
  return compact.format(value)
}

function summary(label: string, points: readonly Point[]): string {
  if (points.length === 0) return `${label}: nothing measured yet`
  const values = points.map(({ value }) => value)
  return `${label}: ${numberText(points.at(-1)?.value ?? 0)} now, ${numberText(Math.max(...values))} at most`
}

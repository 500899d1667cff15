import '@xyflow/react/dist/base.css'
import { ActionIcon, Tooltip, useComputedColorScheme } from '@mantine/core'
import { useMediaQuery, useReducedMotion } from '@mantine/hooks'
import { IconMaximize, IconMinus, IconPlus } from '@tabler/icons-react'
import { MiniMap, Panel, ReactFlow, useReactFlow, useStore } from '@xyflow/react'
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { stateLook } from '../ui/index.ts'
import { EdgeLayer } from './edge-layer.tsx'
import { firstLook } from './first-look.ts'
import { type FlowNode, flowNodes } from './flow-nodes.ts'
import styles from './graph.module.css'
import { FrameBox, ItemBox, markLook } from './graph-node.tsx'
import type { GraphLayout } from './layout.ts'
import { type Arrow, step } from './step.ts'
import type { GraphNodeState } from './types.ts'
import { begun, fitted, heightFor, minZoom, readableZoom } from './viewport.ts'
import type { VisibleGraph } from './visible-graph.ts'

const nodeTypes = { item: ItemBox, frame: FrameBox }
const keepDefaults = { hideAttribution: true }
const minimapFrom = 40

interface GraphCanvasProps {
  readonly label: string
  readonly graph: VisibleGraph
  readonly layout: GraphLayout
  readonly stateOf: (id: string) => GraphNodeState | undefined
  /** The key of the item that is chosen, or that the arrow keys came to. */
  readonly selected: string | undefined
  /** By an arrow key. */
  readonly onMove: (key: string) => void
  readonly onSelect: (key: string | undefined) => void
  /** Enter, or a double click. */
  readonly onOpen: (key: string) => void
  readonly onCloseGroup: (id: string) => void
}

/** The drawing. The mouse wheel zooms once the graph was clicked or reached by the keyboard, and scrolls the page before. */
export function GraphCanvas(props: GraphCanvasProps) {
  const { label, graph, layout, stateOf, selected, onMove, onSelect, onOpen, onCloseGroup } = props
  const flow = useReactFlow<FlowNode>()
  const isFar = useStore(({ transform }) => transform[2] < readableZoom)
  const scheme = useComputedColorScheme('light')
  const isNarrow = useMediaQuery('(max-width: 48em)')
  const duration = useReducedMotion() ? 0 : 200
  const [isActive, setActive] = useState(false)
  const root = useRef<HTMLDivElement>(null)

  const drawn = useRef<ReadonlyMap<string, FlowNode>>(new Map())
  const nodes = useMemo(
    () => flowNodes(graph, layout, stateOf, selected, drawn.current),
    [graph, layout, stateOf, selected],
  )
  useEffect(() => {
    drawn.current = new Map(nodes.map((node) => [node.id, node]))
  }, [nodes])

  const states = useRef(stateOf)
  useEffect(() => {
    states.current = stateOf
  }, [stateOf])
  const width = useStore((store) => store.width)
  const height = useStore((store) => store.height)
  const place = useMemo(() => ({ width, height }), [width, height])
  const fit = useCallback(
    (duration: number) => {
      if (place.width > 0) void flow.setViewport(fitted(layout, place), { duration })
    },
    [flow, layout, place],
  )
  // Another layout begins anew, and so does one whose place has become another; not when states change.
  useEffect(() => {
    if (place.width > 0) void flow.setViewport(begun(layout, place, firstLook(graph, states.current)))
  }, [flow, graph, layout, place])

  // What is chosen by keys, a list or an address is brought into view.
  useEffect(() => {
    const box = selected === undefined ? undefined : layout.boxes.get(selected)
    const frame = root.current?.getBoundingClientRect()
    if (box === undefined || frame === undefined) return
    const { x, y, zoom } = flow.getViewport()
    const [left, top] = [box.x * zoom + x, box.y * zoom + y]
    const isSeen =
      left >= 0 && top >= 0 && left + box.width * zoom <= frame.width && top + box.height * zoom <= frame.height
    if (!isSeen || zoom < readableZoom)
      void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom: Math.max(zoom, 0.8), duration })
  }, [flow, layout, place, selected, duration])

  const group = graph.items.find(({ key }) => key === selected)?.group
  const wantedHeight = useMemo(() => heightFor(layout, width), [layout, width])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== root.current) return
    if (event.key.startsWith('Arrow')) {
      event.preventDefault()
      const next = step(layout, graph.items, selected ?? '', event.key as Arrow)
      if (next !== undefined) onMove(next)
    } else if (event.key === 'Enter' && selected !== undefined) {
      event.preventDefault()
      onOpen(selected)
    } else if (event.key === 'Escape' && selected !== undefined) onSelect(undefined)
    else if (event.key === 'g' && group !== undefined) onCloseGroup(group)
    else if (event.key === '+') void flow.zoomIn({ duration })
    else if (event.key === '-') void flow.zoomOut({ duration })
    else if (event.key === '0') fit(duration)
  }

  return (
    <div
      className={styles.canvas}
      style={{ '--graph-height': `${wantedHeight}px` } as object}
      data-zoom={isFar ? 'far' : 'near'}
    >
      <ReactFlow<FlowNode>
        ref={root}
        className={styles.flow ?? ''}
        aria-label={`${label}. Arrow keys follow its edges, Enter opens, g closes the group, Tab leads to the groups, plus and minus zoom, 0 shows all.`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onFocus={() => setActive(true)}
        onBlur={(event) => setActive(event.currentTarget.contains(event.relatedTarget))}
        nodes={nodes}
        nodeTypes={nodeTypes}
        colorMode={scheme}
        proOptions={keepDefaults}
        minZoom={minZoom}
        maxZoom={2}
        onlyRenderVisibleElements
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        panActivationKeyCode={null}
        zoomOnScroll={isActive}
        preventScrolling={isActive}
        zoomOnDoubleClick={false}
        onPaneClick={() => onSelect(undefined)}
        onNodeClick={(_event, node) => {
          root.current?.focus({ preventScroll: true })
          if (node.type === 'frame') onCloseGroup(node.id.slice('frame:group:'.length))
          else onSelect(node.id)
        }}
        onNodeDoubleClick={(_event, node) => node.type === 'item' && onOpen(node.id)}
      >
        <EdgeLayer lines={layout.lines} near={selected} />
        {graph.items.length >= minimapFrom && !isNarrow && (
          <MiniMap
            className={styles.minimap ?? ''}
            pannable
            zoomable
            ariaLabel="The whole graph, small"
            nodeColor={minimapColor}
            style={{ width: 160, height: 110 }}
          />
        )}
        <Panel position="bottom-left">
          <ActionIcon.Group orientation="vertical">
            <Tool label="Zoom in" icon={IconPlus} onClick={() => void flow.zoomIn({ duration })} />
            <Tool label="Zoom out" icon={IconMinus} onClick={() => void flow.zoomOut({ duration })} />
            <Tool label="Show all" icon={IconMaximize} onClick={() => fit(duration)} />
          </ActionIcon.Group>
        </Panel>
      </ReactFlow>
    </div>
  )
}

interface ToolProps {
  readonly label: string
  readonly icon: typeof IconPlus
  readonly onClick: () => void
}

function Tool({ label, icon: Icon, onClick }: ToolProps) {
  return (
    <Tooltip label={label} position="right">
      <ActionIcon variant="default" size={30} aria-label={label} onClick={onClick}>
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}

function minimapColor(node: FlowNode): string {
  if (node.type !== 'item') return 'transparent'
  const { state, item } = node.data
  const mark = item.node?.mark
  const color = state !== undefined ? stateLook(state).color : mark === undefined ? 'gray' : markLook[mark].color
  return `var(--mantine-color-${color}-6)`
}

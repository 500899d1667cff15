import { ViewportPortal } from '@xyflow/react'
import { memo, useMemo } from 'react'
import { arrowPath, edgePath } from './edge-path.ts'
import styles from './graph.module.css'
import type { Line } from './layout.ts'

/** All edges as two paths, which cost the browser the same for ten and for a thousand; those at `near` once more above. */
export const EdgeLayer = memo(function EdgeLayer({
  lines,
  near,
}: {
  readonly lines: readonly Line[]
  readonly near: string | undefined
}) {
  const all = useMemo(() => [edgePath(lines), arrowPath(lines)], [lines])
  const beside = useMemo(() => {
    const chosen = lines.filter(({ from, to }) => from === near || to === near)
    return [edgePath(chosen), arrowPath(chosen)]
  }, [lines, near])
  return (
    <ViewportPortal>
      <svg className={styles.edges} aria-hidden>
        <path className={styles.line} d={all[0]} />
        <path className={styles.arrow} d={all[1]} />
        <path className={styles.line} data-near d={beside[0]} />
        <path className={styles.arrow} data-near d={beside[1]} />
      </svg>
    </ViewportPortal>
  )
})

import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'

export interface ClassChoice {
  readonly id: number
  /** `pool / class: 2 cores, 8 GB`. */
  readonly text: string
}

/** Sizes that the person may choose from. */
export function useClasses(): readonly ClassChoice[] {
  const { data = [] } = useQuery({
    ...apiQuery('/api/data/resource_pools', { params: { query: { per_page: 100 } } }),
    staleTime: 60_000,
  })
  return data.flatMap((pool) =>
    pool.classes.map(({ id, name, cpu, memory, gpu }) => {
      const parts = [`${cpu} ${cpu === 1 ? 'core' : 'cores'}`, `${memory} GB`, ...(gpu > 0 ? [`${gpu} GPU`] : [])]
      return { id, text: `${pool.name} / ${name}: ${parts.join(', ')}` }
    }),
  )
}

/** Puts the class of a launcher into words. */
export function useClassText(): (id: number | undefined) => string {
  const classes = useClasses()
  return (id) => {
    if (id === undefined) return 'as proposed'
    return classes.find((one) => one.id === id)?.text ?? 'one that you may not use'
  }
}

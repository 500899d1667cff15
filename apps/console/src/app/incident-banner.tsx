import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { Banner } from './banner.tsx'

/** What the administrators tell everybody. */
export function IncidentBanner() {
  const { data } = useQuery({ ...apiQuery('/api/data/platform/config'), staleTime: 60_000 })
  if (data === undefined || data.incident_banner.trim() === '') return null
  return <Banner banner={data.incident_banner} />
}

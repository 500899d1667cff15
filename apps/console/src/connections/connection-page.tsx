import { useParams } from '@tanstack/react-router'
import { ConnectionDetails } from './connection-details.tsx'
import { useProjectPlace } from './use-project-place.ts'

export function ConnectionPage() {
  const { connection } = useParams({ strict: false }) as { connection: string }
  return <ConnectionDetails key={connection} place={useProjectPlace()} id={connection} />
}

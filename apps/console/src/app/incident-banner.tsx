import { Alert } from '@mantine/core'
import { IconAlertTriangle, IconInfoCircle, IconUrgent } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { bannerText } from './banner-text.ts'

const looks = {
  note: { title: 'Note', color: 'blue', icon: IconInfoCircle },
  warning: { title: 'Incident', color: 'orange', icon: IconAlertTriangle },
  caution: { title: 'Severe incident', color: 'red', icon: IconUrgent },
}

/** What the administrators tell everybody. */
export function IncidentBanner() {
  const { data } = useQuery({ ...apiQuery('/api/data/platform/config'), staleTime: 60_000 })
  if (data === undefined || data.incident_banner.trim() === '') return null
  const { severity, text } = bannerText(data.incident_banner)
  const { title, color, icon: Icon } = looks[severity]
  return (
    <Alert role="region" aria-label={title} color={color} icon={<Icon aria-hidden />} title={title} mb="md">
      {text}
    </Alert>
  )
}

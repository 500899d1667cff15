import { Alert } from '@mantine/core'
import { IconAlertTriangle, IconInfoCircle, IconUrgent } from '@tabler/icons-react'
import { lazy, Suspense } from 'react'
import { bannerText } from './banner-text.ts'

const Markdown = lazy(async () => ({ default: (await import('../ui/markdown/index.ts')).Markdown }))

const looks = {
  note: { title: 'Note', color: 'blue', icon: IconInfoCircle },
  warning: { title: 'Incident', color: 'orange', icon: IconAlertTriangle },
  caution: { title: 'Severe incident', color: 'red', icon: IconUrgent },
}

/** An incident banner as everybody sees it. */
export function Banner({ banner }: { readonly banner: string }) {
  const { severity, text } = bannerText(banner)
  const { title, color, icon: Icon } = looks[severity]
  return (
    <Alert
      role="region"
      color={color}
      icon={<Icon aria-hidden />}
      title={title}
      mb="md"
      style={{ overflowWrap: 'anywhere' }}
    >
      <Suspense fallback={text}>
        <Markdown text={text} />
      </Suspense>
    </Alert>
  )
}

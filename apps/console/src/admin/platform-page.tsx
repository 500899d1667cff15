import { Stack } from '@mantine/core'
import { BannerEditor } from './banner-editor.tsx'
import { CreationRules } from './creation-rules.tsx'
import { Redirects } from './redirects.tsx'

export function PlatformPage() {
  return (
    <Stack gap="xl">
      <BannerEditor />
      <CreationRules />
      <Redirects />
    </Stack>
  )
}

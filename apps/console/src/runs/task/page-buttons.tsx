import { Pagination } from '@mantine/core'

interface PageButtonsProps {
  readonly page: number
  readonly totalPages: number
  readonly onPage: (page: number) => void
}

/** Pages of a list beside the page, which are no part of the address. */
export function PageButtons({ page, totalPages, onPage }: PageButtonsProps) {
  if (totalPages <= 1) return null
  return (
    <Pagination
      mt="xs"
      size="sm"
      value={page}
      total={totalPages}
      onChange={onPage}
      getControlProps={(control) => ({ 'aria-label': `${control} page` })}
      getItemProps={(item) => ({ 'aria-label': `Page ${item}` })}
    />
  )
}

export { atOtherEnd, connectionsQuery, type Place, placeLinks, relationsQuery } from './place.ts'
export { TablePreview } from './table-preview.tsx'
export { useProjectPlace } from './use-project-place.ts'
export { useWrite } from './use-write.ts'

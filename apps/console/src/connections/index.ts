export { atOtherEnd, type Place, placeLinks, previewQuery, relationsQuery } from './place.ts'
export { RelationList } from './relation-list.tsx'
export { useProjectPlace } from './use-project-place.ts'
export { useWrite } from './use-write.ts'

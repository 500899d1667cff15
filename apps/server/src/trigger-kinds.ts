export const triggerKinds = ['manual', 'schedule', 'backfill', 'workflow', 'test'] as const

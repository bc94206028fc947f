// What other services need of the audit log.
export type { AuditEvent, Change, EventType } from './schemas.ts';
export { type Commit, committer, eventOf, type NewEvent, outboxPut } from './use-cases/commit-change.ts';
export { denialRecorder } from './use-cases/record-denial.ts';

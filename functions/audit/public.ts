// What other services need of the audit log.

export type { AuditEvent, Change, EventType } from './domain/event.ts';
export { type ExportWorker, exportWorker } from './exports.ts';
export { sealAll, sealOrganization, shipOrganization } from './pipeline.ts';
export { type Commit, committer, type NewEvent } from './use-cases/commit-change.ts';
export { denialRecorder } from './use-cases/record-denial.ts';
export { type FailedSignIn, failedSignInRecorder, type RecordFailedSignIn } from './use-cases/record-failed-sign-in.ts';

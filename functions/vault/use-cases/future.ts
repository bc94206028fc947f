// Times that must lie ahead.
import { invalid } from '../../shared/kernel/errors.ts';

/** @throws AppError `validation-failed` at `/expiresAt` for a time that has passed */
export const futureMs = (time: string | undefined, nowMs: number): number | undefined => {
  if (time === undefined) return undefined;
  const ms = Date.parse(time);
  if (!Number.isFinite(ms) || ms <= nowMs) throw invalid({ pointer: '/expiresAt', detail: 'this time must lie ahead' });
  return ms;
};

// The environments of the audit service's three functions: the API's handler, the sealer, the shipper.
import * as z from 'zod';

const name = z.string().min(1);
const lockMode = z.enum(['GOVERNANCE', 'COMPLIANCE']);

export const auditEnv = z.object({
  TABLE_NAME: name,
  KEY_TABLE_NAME: name,
  INDEX_TABLE_NAME: name,
  /** The key that wraps organizations' keys for cursors and idempotency. */
  SERVICE_KEY_ARN: name,
  /** The log's key, whose public half is shown. */
  LOG_KEY_ARN: name,
  LOG_BUCKET_NAME: name,
  LOCK_MODE: lockMode,
  /** Shown as the deployment's retention. */
  RETENTION_DAYS: z.coerce.number().int().min(1),
});
export type AuditEnv = z.infer<typeof auditEnv>;

export const sealerEnv = z.object({
  TABLE_NAME: name,
  KEY_TABLE_NAME: name,
  /** The key that wraps the audit log's own keys. */
  SUBJECTS_KEY_ARN: name,
  /** The log's key, which signs checkpoints. */
  LOG_KEY_ARN: name,
  LOG_BUCKET_NAME: name,
  LOCK_MODE: lockMode,
  /** How long full tiles and bundles stay locked. */
  RETENTION_DAYS: z.coerce.number().int().min(1),
  /** Names the deployment in the origins of its logs. */
  DEPLOYMENT: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/),
});
export type SealerEnv = z.infer<typeof sealerEnv>;

export const shipperEnv = z.object({
  TABLE_NAME: name,
  INDEX_TABLE_NAME: name,
  LOG_BUCKET_NAME: name,
  LOCK_MODE: lockMode,
  /** Where delivered objects arrive. */
  ARCHIVE_BUCKET_NAME: name,
  DELIVERY_STREAM_NAME: name,
});
export type ShipperEnv = z.infer<typeof shipperEnv>;

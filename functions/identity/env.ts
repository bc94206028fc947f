// The environment of the identity service's handler.
import * as z from 'zod';

export const identityEnv = z.object({
  TABLE_NAME: z.string().min(1),
  KEY_TABLE_NAME: z.string().min(1),
  /** Wraps the organizations' keys for cursors and idempotency. */
  SERVICE_KEY_ARN: z.string().min(1),
});
export type IdentityEnv = z.infer<typeof identityEnv>;

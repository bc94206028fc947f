// The environment of prompt protection's function.
import * as z from 'zod';

export const protectEnv = z.object({
  TABLE_NAME: z.string().min(1),
  KEY_TABLE_NAME: z.string().min(1),
  /** ARN of the key that wraps organizations' keys for tickets, cursors and MACs. */
  SERVICE_KEY_ID: z.string().min(1),
});
export type ProtectEnv = z.infer<typeof protectEnv>;

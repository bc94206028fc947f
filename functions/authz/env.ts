// The environments of access control's two functions: the API's handler and the authorizer.
import * as z from 'zod';

export const authzEnv = z.object({
  TABLE_NAME: z.string().min(1),
  KEY_TABLE_NAME: z.string().min(1),
  /** Wraps the organizations' keys for cursors and idempotency. */
  SERVICE_KEY_ARN: z.string().min(1),
});
export type AuthzEnv = z.infer<typeof authzEnv>;

export const authorizerEnv = z.object({
  TABLE_NAME: z.string().min(1),
  USER_POOL_ID: z.string().min(1),
  USER_POOL_CLIENT_ID: z.string().min(1),
});
export type AuthorizerEnv = z.infer<typeof authorizerEnv>;

// The environment of the vault's two functions: the API's handler and the resolver.
import * as z from 'zod';

export const vaultEnv = z.object({
  TABLE_NAME: z.string().min(1),
  KEY_TABLE_NAME: z.string().min(1),
  /** The key that wraps branch keys. */
  VAULT_KEY_ARN: z.string().min(1),
  /** The key that wraps organizations' keys for tickets, cursors and MACs. */
  SERVICE_KEY_ARN: z.string().min(1),
});
export type VaultEnv = z.infer<typeof vaultEnv>;

/** The resolver is told the same; its role may do less. */
export const resolverEnv = vaultEnv;

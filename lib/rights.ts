// Who may do what below the code: one row a function, from which its IAM policy and the key policies are made.
import type { FunctionName } from './config.ts';

export type WrappingKeyName = 'vault' | 'subjects' | 'service';

/** Actions on a wrapping key. */
export type KeyUse = 'GenerateDataKey' | 'Decrypt';

/** What a function's role may do; whatever is absent is refused. */
export interface Rights {
  /** Roles, policies, assignments, members, tokens, secrets, protection policies, the outbox. */
  readonly table?: 'read' | 'write';
  /** Besides reading: noting when a token was used, in the rows for it and no others. */
  readonly tokenUses?: 'write';
  /** Wrapped keys. */
  readonly keyTable?: 'read' | 'write';
  /** The audit log's recent events. */
  readonly indexTable?: 'read' | 'write';
  readonly keys?: Readonly<Partial<Record<WrappingKeyName, readonly KeyUse[]>>>;
  /** The log's signing key. */
  readonly logKey?: 'public-key' | 'sign';
  /** The files of the Merkle log; `seal` writes them and sets their retention. Nobody deletes. */
  readonly log?: 'read' | 'seal';
  /** Delivered events. */
  readonly archive?: 'read';
  readonly deliver?: true;
}

const wrapAndUnwrap: readonly KeyUse[] = ['GenerateDataKey', 'Decrypt'];

// INVARIANT: no row holds both `keys.vault` with `Decrypt` and `log: 'seal'` or `deliver`.
export const rightsOf: Readonly<Record<FunctionName, Rights>> = {
  authorizer: { table: 'read', tokenUses: 'write' },
  authz: { table: 'write', keyTable: 'write', keys: { service: wrapAndUnwrap } },
  vault: { table: 'write', keyTable: 'write', keys: { vault: wrapAndUnwrap, service: wrapAndUnwrap } },
  protect: { table: 'write', keyTable: 'write', keys: { service: wrapAndUnwrap } },
  audit: {
    table: 'write',
    keyTable: 'write',
    indexTable: 'read',
    keys: { service: wrapAndUnwrap },
    logKey: 'public-key',
    log: 'read',
  },
  identity: { table: 'write', keyTable: 'write', keys: { service: wrapAndUnwrap } },
  resolver: { table: 'write', keyTable: 'read', keys: { vault: ['Decrypt'], service: ['Decrypt'] } },
  sealer: { table: 'write', keyTable: 'write', keys: { subjects: wrapAndUnwrap }, logKey: 'sign', log: 'seal' },
  shipper: { table: 'write', indexTable: 'write', log: 'read', archive: 'read', deliver: true },
};

// The audit record of a change to a secret: its place and version, never anything of its value.
import type { NewEvent } from '../../audit/public.ts';
import { scopeAt } from '../domain/location.ts';
import type { Secret } from '../domain/secret.ts';

export const secretEvent = (
  type: 'secret.created' | 'secret.updated' | 'secret.deleted',
  action: string,
  secret: Secret,
  more: Pick<NewEvent, 'changes' | 'details'> = {},
): NewEvent => ({
  type,
  action,
  workspace: secret.location.workspace,
  resource: { type: 'secret', id: secret.id, scope: scopeAt(secret.location) },
  ...(more.changes === undefined ? {} : { changes: more.changes }),
  details: {
    name: secret.name,
    version: secret.current,
    ...(secret.location.environment === undefined ? {} : { environment: secret.location.environment }),
    ...more.details,
  },
});

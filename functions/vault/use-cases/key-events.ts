// Records around changes of keys, which live in a table of their own: an intent before, an outcome after.
import type { NewEvent } from '../../audit/public.ts';

export const keyEvent = (workspace: string, action: string, details: NonNullable<NewEvent['details']>): NewEvent => ({
  type: 'admin.settings_changed',
  action,
  workspace,
  resource: { type: 'vault-keys', id: workspace, scope: workspace },
  details,
});

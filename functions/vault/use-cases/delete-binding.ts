// Removes a pipeline's binding: tickets that fixed it resolve nothing from then on.

import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { versionMismatch } from '../../shared/kernel/errors.ts';
import { type Binding, placeOf } from '../domain/binding.ts';
import { scopeAt } from '../domain/location.ts';
import type { BindingStore } from '../ports.ts';
import { meanwhile } from './change-guard.ts';
import type { CommitChange } from './commit-change.ts';

export const deleteBinding = async (
  { bindings, commit }: { bindings: BindingStore; commit: CommitChange },
  call: Call<object, object, unknown, Binding>,
): Promise<Answer<never>> => {
  const before = call.located;
  if (call.ifMatch !== undefined && call.ifMatch !== before.version) throw versionMismatch();
  await commit(call, [bindings.removal(before, meanwhile(call))], {
    type: 'admin.settings_changed',
    action: 'unbind-secrets',
    workspace: before.workspace,
    resource: { type: 'pipeline-secrets', id: before.pipeline, scope: scopeAt(placeOf(before)) },
    changes: [{ path: '/names', before: [...before.names] }],
  });
  return noContent();
};

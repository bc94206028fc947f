// Deletes a deny list that no policy names.
import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { AppError, notFound, versionMismatch } from '../../shared/kernel/errors.ts';
import type { DenyListStore, PolicyStore } from '../ports.ts';
import { type Changing, changeProtection } from './change-protection.ts';

interface Dependencies extends Changing {
  readonly policies: PolicyStore;
  readonly denyLists: DenyListStore;
}

export const deleteDenyList = (dependencies: Dependencies, call: Call<{ id: string }>): Promise<Answer<never>> => {
  const { policies, denyLists } = dependencies;
  const { org, params, ifMatch } = call;
  return changeProtection(dependencies, call, async () => {
    const before = await denyLists.byId(org, params.id);
    if (before === undefined) throw notFound();
    if (ifMatch !== undefined && ifMatch !== before.version) throw versionMismatch();
    const naming = (await policies.all(org)).filter((policy) => policy.denyLists.includes(before.id)).map(({ id }) => `\`${id}\``);
    if (naming.length > 0) throw new AppError('conflict', `policies name this list: ${naming.slice(0, 10).join(', ')}`);
    const segments = await denyLists.segments(org, before.id);
    return {
      writes: [
        denyLists.removal(org, before),
        ...segments.map(({ number }) => denyLists.segmentWrite(org, before.id, { number, entries: [] })),
      ],
      event: {
        type: 'admin.policy_updated',
        action: 'delete-deny-list',
        resource: { type: 'deny-list', id: before.id },
        changes: [
          { path: '/name', before: before.name },
          { path: '/entryCount', before: before.entryCount },
        ],
      },
      answer: noContent(),
    };
  });
};

// Lists the versions of a secret whose values are kept, the newest first.

import type * as z from 'zod';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { toTime } from '../../shared/kernel/world.ts';
import type { Secret } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import type { versionsPage } from '../schemas.ts';

export const listVersions = async (
  { secrets }: { secrets: SecretStore },
  call: Call<object, object, unknown, Secret>,
): Promise<Answer<z.infer<typeof versionsPage>>> => {
  const secret = call.located;
  const versions = secret.versions.toReversed();
  const rows = await secrets.values(
    call.org,
    versions.map((version) => ({ secret, version })),
  );
  const items = versions.flatMap((version, index) => {
    const row = rows[index];
    if (row === undefined) return [];
    return [{ version, current: version === secret.current, createdAt: toTime(row.createdAtMs), createdBy: row.createdBy }];
  });
  return ok({ items }, secret.revision);
};

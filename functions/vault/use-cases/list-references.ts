// Lists where a secret was resolved from in the last 90 days, to the hour; every resolve by itself is in the audit log.
import type * as z from 'zod';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { toTime } from '../../shared/kernel/world.ts';
import type { Secret } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import type { referencesPage } from '../schemas.ts';

export const listReferences = async (
  { secrets }: { secrets: SecretStore },
  call: Call<object, object, unknown, Secret>,
): Promise<Answer<z.input<typeof referencesPage>>> => {
  const references = (await secrets.references(call.located)).toSorted((a, b) => b.atMs - a.atMs);
  const items = references.map(({ workspace, pipeline, environment, step, version, atMs, by }) => ({
    workspace: workspace as never,
    pipeline,
    environment: environment as never,
    ...(step === undefined ? {} : { step }),
    version,
    lastResolvedAt: toTime(atMs),
    lastResolvedBy: by,
  }));
  return ok({ items });
};

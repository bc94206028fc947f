// Links to files of an export: whoever has one may open it for ten minutes; it names on whose behalf.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { notFound } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Clock } from '../../shared/kernel/world.ts';
import { NoSuchKey, type OrgKeys } from '../../shared/org-keys.ts';

export const linkMs = 10 * 60_000;

export interface LinkTo {
  readonly org: OrgId;
  readonly job: string;
  readonly name: string;
  readonly by: string;
}

export interface ExportLinks {
  /** @returns a link relative to the API's address */
  make(to: LinkTo, expiresAtMs: number): Promise<string>;
  /** @throws AppError `not-found` for any link that {@link make} did not make, or whose time is over */
  check(to: LinkTo & { readonly expires: number; readonly signature: string }): Promise<void>;
}

const label = 'audit-export-link';

export const exportLinks = ({ orgKeys, clock }: { orgKeys: OrgKeys; clock: Clock }): ExportLinks => {
  const signatureOf = (secret: Uint8Array, { org, job, name, by }: LinkTo, expires: number): Buffer =>
    createHmac('sha256', secret)
      .update(JSON.stringify([label, org, job, name, by, expires]))
      .digest();
  return {
    async make(to, expiresAtMs) {
      const expires = Math.floor(expiresAtMs / 1000);
      const signature = signatureOf(await orgKeys(to.org, 'cursors'), to, expires).toString('base64url');
      return `/v1/orgs/${to.org}/audit/exports/${to.job}/files/${to.name}?${new URLSearchParams({ by: to.by, expires: `${expires}`, signature })}`;
    },
    async check({ expires, signature, ...to }) {
      // INVARIANT: an organization's name in a link that we did not make makes no key.
      const secret = await orgKeys(to.org, 'cursors', 'existing').catch((error: unknown) => {
        if (error instanceof NoSuchKey) throw notFound();
        throw error;
      });
      const given = Buffer.from(signature, 'base64url');
      const right = signatureOf(secret, to, expires);
      if (given.length !== right.length || !timingSafeEqual(given, right) || expires * 1000 <= clock.nowMs()) throw notFound();
    },
  };
};

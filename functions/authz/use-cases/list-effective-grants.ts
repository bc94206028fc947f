// The compiled grants of a principal, each with where it comes from.
import { demand } from '../../shared/http/demand.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import { everywhere } from '../../shared/kernel/scope.ts';
import { toTime } from '../../shared/kernel/world.ts';
import { grantOf, type HeldRole } from '../domain/compile-grants.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';

/** An answer has at most 6 MB at the gateway. */
const maxBytes = 4_000_000;

/** Grants in turn, so that no more of them are made than are shown. */
function* effectiveGrants(held: readonly HeldRole[]) {
  for (const each of held) {
    for (const of of each.role.grants) {
      const grant = grantOf(of, each);
      if (grant === undefined) continue;
      yield {
        ...grant.match,
        effect: of.effect,
        scope: grant.scope,
        ...(Number.isFinite(each.expiresAtMs) ? { expiresAt: toTime(each.expiresAtMs) } : {}),
        ...(of.conditions === undefined ? {} : { conditions: of.conditions }),
        ...(of.unless === undefined ? {} : { unless: of.unless }),
      };
    }
  }
}

type EffectiveGrant = ReturnType<typeof effectiveGrants> extends Generator<infer T> ? T : never;

/** Bytes of grants as JSON; conditions are measured once for all grants that share them. */
const grantSizes = () => {
  const known = new Map<object | undefined, number>([[undefined, 0]]);
  const conditionBytes = (conditions: object | undefined): number => {
    const bytes = known.get(conditions) ?? Buffer.byteLength(JSON.stringify(conditions));
    known.set(conditions, bytes);
    return bytes;
  };
  return ({ conditions, unless, ...rest }: EffectiveGrant): number =>
    Buffer.byteLength(JSON.stringify(rest)) + conditionBytes(conditions) + conditionBytes(unless);
};

export const listEffectiveGrants = async (
  { model, world }: AuthzDependencies,
  call: Call<object, { principal?: Principal | undefined }>,
): Promise<Answer> => {
  const { principal = call.caller.principal } = call.query;
  if (principal !== call.caller.principal) demand(call, 'iam', everywhere, 'read');
  const holder = (await model.load(call.org, principal))?.holder;
  const nowMs = world.nowMs();
  const held = (holder?.grants.held ?? []).filter(({ expiresAtMs }) => nowMs < expiresAtMs);
  const all = effectiveGrants(held);
  const bytesOf = grantSizes();
  const grants: EffectiveGrant[] = [];
  let left = maxBytes;
  for (const grant of all) {
    left -= bytesOf(grant);
    if (left < 0) break;
    grants.push(grant);
  }
  const ended = holder?.expiresAtMs !== undefined && nowMs >= holder.expiresAtMs ? 'the token has ended' : undefined;
  const inactive = holder?.inactive ?? ended;
  return ok({
    principal,
    ...(inactive === undefined ? {} : { inactive }),
    ...(holder?.creator === undefined ? {} : { boundedBy: holder.creator.principal }),
    grants,
    ...(left < 0 ? { truncated: true } : {}),
  });
};

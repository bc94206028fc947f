// The compiled grants of a principal, each with where it comes from.
import { demand } from '../../shared/http/demand.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import { everywhere } from '../../shared/kernel/scope.ts';
import { toTime } from '../../shared/kernel/world.ts';
import { grantOf } from '../domain/compile-grants.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';

export const listEffectiveGrants = async (
  { model, world }: AuthzDependencies,
  call: Call<object, { principal?: Principal | undefined }>,
): Promise<Answer> => {
  const { principal = call.caller.principal } = call.query;
  if (principal !== call.caller.principal) demand(call, 'iam', everywhere, 'read');
  const holder = (await model.load(call.org, principal))?.holder;
  const nowMs = world.nowMs();
  const held = (holder?.grants.held ?? []).filter(({ expiresAtMs }) => nowMs < expiresAtMs);
  const grants = held.flatMap((each) =>
    each.role.grants.flatMap((of) => {
      const grant = grantOf(of, each);
      if (grant === undefined) return [];
      return [
        {
          ...grant.match,
          effect: of.effect,
          scope: grant.scope,
          ...(Number.isFinite(each.expiresAtMs) ? { expiresAt: toTime(each.expiresAtMs) } : {}),
          ...(of.conditions === undefined ? {} : { conditions: of.conditions }),
          ...(of.unless === undefined ? {} : { unless: of.unless }),
        },
      ];
    }),
  );
  const ended = holder?.expiresAtMs !== undefined && nowMs >= holder.expiresAtMs ? 'the token has ended' : undefined;
  const inactive = holder?.inactive ?? ended;
  return ok({
    principal,
    ...(inactive === undefined ? {} : { inactive }),
    ...(holder?.creator === undefined ? {} : { boundedBy: holder.creator.principal }),
    grants,
  });
};

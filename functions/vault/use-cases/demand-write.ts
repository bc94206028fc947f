// Permission to change what is at a location: a secret without environment answers in every one, so changing it needs the right in each.
import { demand } from '../../shared/http/demand.ts';
import type { Call } from '../../shared/kernel/call.ts';
import type { DecisionInputs } from '../../shared/kernel/decision.ts';
import { environment } from '../../shared/kernel/ids.ts';
import { everywhere } from '../../shared/kernel/scope.ts';
import type { Location } from '../domain/location.ts';

/** The condition inputs of reading what is at a location. */
export const readInputs = (of: Location): DecisionInputs => (of.environment === undefined ? {} : { environment: of.environment });

/** The condition inputs of changing it: what names no environment answers in each, so the right is needed in each. */
export const writeInputs = (of: Location): readonly DecisionInputs[] =>
  (of.environment === undefined ? environment.options : [of.environment]).map((each) => ({ environment: each }));

/** @throws Denied unless the caller holds write at `*`, in every environment: only they may say what is a decoy */
export const demandDecoy = (call: Pick<Call, 'access'>): void => {
  for (const each of environment.options) demand(call, 'secrets', everywhere, 'write', { environment: each });
};

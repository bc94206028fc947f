// Permission to change what is at a location: a secret without environment answers in every one, so changing it needs the right in each.
import { demand } from '../../shared/http/demand.ts';
import type { Call } from '../../shared/kernel/call.ts';
import type { DecisionInputs } from '../../shared/kernel/decision.ts';
import { environment } from '../../shared/kernel/ids.ts';
import { type Location, scopeAt } from '../domain/location.ts';

const [firstEnvironment, ...otherEnvironments] = environment.options;

/** The condition inputs of reading what is at a location. */
export const readInputs = (of: Location): DecisionInputs => (of.environment === undefined ? {} : { environment: of.environment });

/** The condition inputs that a route decides a change with; {@link demandEverywhere} decides the environments that this leaves out. */
export const writeInputs = (of: Location): DecisionInputs => ({ environment: of.environment ?? firstEnvironment });

/** @throws Denied unless the caller holds the permission in every environment that a change at this location reaches */
export const demandEverywhere = (call: Pick<Call, 'access'>, action: 'write' | 'delete', at: Location): void => {
  if (at.environment !== undefined) return;
  for (const other of otherEnvironments) demand(call, 'secrets', scopeAt(at), action, { environment: other });
};

// The AuthZEN metadata of an organization's decision point: its identifier is the address that all of its endpoints begin with.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';

const wellKnown = '/.well-known/authzen-configuration';

/** The part of the address outside the well-known part, whichever side of the organization's path that stands on. */
export const describeDecisionPoint = async (_: AuthzDependencies, { address }: Pick<Call, 'address'>): Promise<Answer> => {
  if (address === undefined) throw new AppError('internal', 'the gateway did not say which address was asked');
  const point = address.replace(wellKnown, '');
  return ok({
    policy_decision_point: point,
    access_evaluation_endpoint: `${point}/access/v1/evaluation`,
    access_evaluations_endpoint: `${point}/access/v1/evaluations`,
    search_subject_endpoint: `${point}/access/v1/search/subject`,
    search_resource_endpoint: `${point}/access/v1/search/resource`,
    search_action_endpoint: `${point}/access/v1/search/action`,
  });
};

// Wire shapes of the OpenID AuthZEN Authorization API 1.0. Members that it does not name are ignored, as it demands.
// https://openid.net/specs/authorization-api-1_0.html
import * as z from 'zod';

const text = z.string().max(300);
const properties = z.record(z.string(), z.json());
const entity = z.looseObject({ type: text, id: text, properties: properties.optional() });
const action = z.looseObject({ name: text, properties: properties.optional() });
const context = properties;

export const evaluation = z.looseObject({ subject: entity, action, resource: entity, context: context.optional() });
export type Evaluation = z.infer<typeof evaluation>;

const defaults = {
  subject: z.looseObject(entity.shape).partial().optional(),
  action: z.looseObject(action.shape).partial().optional(),
  resource: z.looseObject(entity.shape).partial().optional(),
  context: context.optional(),
};

/** Each evaluation is judged by itself: one that is at fault is refused in its place. */
export const evaluations = z.looseObject({
  ...defaults,
  evaluations: z.array(properties).max(1_000).optional(),
  options: z
    .looseObject({ evaluations_semantic: z.enum(['execute_all', 'deny_on_first_deny', 'permit_on_first_permit']).optional() })
    .optional(),
});
export type Evaluations = z.infer<typeof evaluations>;

const page = z
  .looseObject({ token: z.string().max(2_000).optional(), limit: z.int().min(0).optional(), next_token: z.string().max(2_000).optional() })
  .optional();
/** Its id is not asked for, and ignored. */
const sought = z.looseObject({ type: text, properties: properties.optional() });

export const subjectSearch = z.looseObject({ subject: sought, action, resource: entity, context: context.optional(), page });
export const resourceSearch = z.looseObject({ subject: entity, action, resource: sought, context: context.optional(), page });
export const actionSearch = z.looseObject({ subject: entity, resource: entity, context: context.optional(), page });

const decided = z.object({ decision: z.boolean(), context: properties.optional() });
export const evaluated = decided;
/** One decision where one was asked for, else as many as were evaluated. */
export const allEvaluated = z.union([z.object({ evaluations: z.array(decided) }), decided]);

const found = <T extends z.ZodType>(item: T) =>
  z.object({ results: z.array(item), page: z.object({ next_token: z.string(), count: z.int(), total: z.int() }) });
export const foundEntities = found(z.object({ type: z.string(), id: z.string() }));
export const foundActions = found(z.object({ name: z.string() }));

export const decisionPoint = z.object({
  policy_decision_point: z.string(),
  access_evaluation_endpoint: z.string(),
  access_evaluations_endpoint: z.string(),
  search_subject_endpoint: z.string(),
  search_resource_endpoint: z.string(),
  search_action_endpoint: z.string(),
});

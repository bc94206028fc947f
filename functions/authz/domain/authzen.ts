// What an AuthZEN question means here: a subject is a principal, a resource's id is a scope, an action is one of its resource's.
// https://openid.net/specs/authorization-api-1_0.html
import { type Action, hasAction, type Resource } from '../../shared/kernel/permission.ts';
import { type Principal, principal as principalSchema } from '../../shared/kernel/principal.ts';
import { type Scope, scope as scopeSchema } from '../../shared/kernel/scope.ts';
import { parseIp } from './ip-range.ts';

/** A JSON object of the request. */
type Properties = Readonly<Record<string, unknown>> | undefined;

/** The inputs of conditions that a question brings; the texts are valid. */
export interface AskedContext {
  readonly ip?: string;
  readonly time?: string;
  readonly environment?: 'development' | 'staging' | 'production';
  readonly mfa?: boolean;
  readonly attributes?: Record<string, string>;
}

/** A member of the context whose value means nothing here: the pointer below the question, and what is wrong. */
export interface ContextFault {
  readonly pointer: string;
  readonly detail: string;
}

/** @returns the principal, undefined for a subject that there can be none of */
export const principalOf = ({ type, id }: { readonly type: string; readonly id: string }): Principal | undefined =>
  principalSchema.safeParse(`${type}:${id}`).data;

/** @returns the scope that a resource's id names, undefined for one that is none */
export const scopeOfId = (id: string): Scope | undefined => scopeSchema.safeParse(id).data;

/** @returns resource and action where the catalogue has them; neither may stand for all */
export const permissionOf = (type: string, name: string): { readonly resource: Resource; readonly action: Action } | undefined =>
  type !== '*' && name !== '*' && hasAction(type, name) ? { resource: type as Resource, action: name as Action } : undefined;

const environments = ['development', 'staging', 'production'] as const;
const timePattern = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)$/;
const attributeName = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/;

const texts = (of: unknown): Record<string, string> =>
  typeof of !== 'object' || of === null || Array.isArray(of)
    ? {}
    : Object.fromEntries(
        Object.entries(of).filter(
          (entry): entry is [string, string] =>
            attributeName.test(entry[0]) && typeof entry[1] === 'string' && entry[1] !== '' && entry[1].length <= 200,
        ),
      );

const isOneOf = <T extends string>(values: readonly T[], value: unknown): value is T => (values as readonly unknown[]).includes(value);

/**
 * The context as conditions ask it: `ip`, `time`, `environment`, `mfa` and `attributes`, the environment also as the resource's property, and
 * the subject's properties as attributes. What is not known is ignored; what is known and makes no sense is a fault, never a missing input.
 */
export const contextOf = (context: Properties, subject: Properties, resource: Properties): AskedContext | ContextFault => {
  const { ip, time, mfa, attributes } = context ?? {};
  const environment = resource?.environment ?? context?.environment;
  if (ip !== undefined && (typeof ip !== 'string' || parseIp(ip) === undefined))
    return { pointer: '/context/ip', detail: 'this is no IP address' };
  if (time !== undefined && (typeof time !== 'string' || !timePattern.test(time) || !Number.isFinite(Date.parse(time))))
    return { pointer: '/context/time', detail: 'a time is RFC 3339' };
  if (environment !== undefined && !isOneOf(environments, environment))
    return { pointer: '/context/environment', detail: 'there is no such environment' };
  if (mfa !== undefined && typeof mfa !== 'boolean') return { pointer: '/context/mfa', detail: 'this is true or false' };
  const given = { ...texts(attributes), ...texts(subject) };
  return {
    ...(typeof ip === 'string' ? { ip } : {}),
    ...(typeof time === 'string' ? { time } : {}),
    ...(environment === undefined ? {} : { environment }),
    ...(typeof mfa === 'boolean' ? { mfa } : {}),
    ...(Object.keys(given).length === 0 ? {} : { attributes: given }),
  };
};

export const isFault = (of: AskedContext | ContextFault): of is ContextFault => 'pointer' in of;

type Loose = Readonly<Record<string, unknown>>;

/** The entity of one evaluation, with its required members taken from the default where it lacks them; whole from the default where it is absent. */
const merged = (own: unknown, fallback: Loose | undefined, required: readonly string[]): unknown => {
  if (own === undefined) return fallback;
  if (typeof own !== 'object' || own === null || Array.isArray(own)) return own;
  const lacking = required.filter((name) => !Object.hasOwn(own, name) && fallback !== undefined && Object.hasOwn(fallback, name));
  return lacking.length === 0 ? own : { ...own, ...Object.fromEntries(lacking.map((name) => [name, fallback?.[name]])) };
};

/** @returns one evaluation of several, the request's defaults filled in; not yet validated */
export const withDefaults = (
  own: Loose,
  defaults: {
    readonly subject?: Loose | undefined;
    readonly action?: Loose | undefined;
    readonly resource?: Loose | undefined;
    readonly context?: Loose | undefined;
  },
): Loose => ({
  subject: merged(own.subject, defaults.subject, ['type', 'id']),
  action: merged(own.action, defaults.action, ['name']),
  resource: merged(own.resource, defaults.resource, ['type', 'id']),
  context: own.context ?? defaults.context,
});

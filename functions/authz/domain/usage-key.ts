// The text of a usage row's key: principal, permission, what it was, what is kept of its inputs.
import { type Principal, principal as principalSchema } from '../../shared/kernel/principal.ts';
import { type Scope, scope as scopeSchema } from '../../shared/kernel/scope.ts';
import { permissionNumber, permissionOf } from './permission-numbers.ts';
import type { KeptFacts, UsageRow, UsedPermission } from './usage.ts';

/** Stands for permissions beyond what is told apart. */
const beyond = '?';
const parts = 7;

type Keyed = Pick<UsageRow, 'permission' | 'allowed' | 'kind' | 'facts'> & { readonly principal: Principal };

const mfaText = (mfa: boolean | undefined): string => (mfa === undefined ? '' : mfa ? '1' : '0');

const starts: readonly string[] = Array.from({ length: 256 }, (_, number) => {
  try {
    const { resource, action } = permissionOf(number);
    return `${resource}:${action}`;
  } catch {
    return '';
  }
});

const permissionPart = (permission: UsedPermission | undefined): string =>
  permission === undefined ? beyond : `${starts[permission.number]}:${permission.scope}`;

/** INVARIANT: principals, scopes, catalogue names, networks and digests hold no `#`, so that equal keys mean equal rows. */
export const usageKeyText = ({ principal, permission, allowed, kind, facts }: Keyed): string => {
  const { environment = '', mfa, network = '', attributes } = facts;
  const what = `${kind === 'used' ? 'u' : 'a'}${allowed ? '+' : '-'}`;
  return `${principal}#${permissionPart(permission)}#${what}#${environment.replaceAll('#', '')}#${mfaText(mfa)}#${network}#${attributes}`;
};

const readPermission = (text: string): UsedPermission | undefined => {
  if (text === beyond) return undefined;
  const [resource = '', action = '', at = ''] = text.split(':');
  const number = permissionNumber(resource, action);
  const scope = scopeSchema.safeParse(at);
  // What the catalogue has no more is counted, and told apart no more.
  return number === undefined || !scope.success ? undefined : { number, scope: scope.data as Scope };
};

const readFacts = (environment: string, mfa: string, network: string, attributes: string): KeptFacts => ({
  ...(environment === '' ? {} : { environment }),
  ...(mfa === '' ? {} : { mfa: mfa === '1' }),
  ...(network === '' ? {} : { network }),
  attributes,
});

/** @throws Error for a text that {@link usageKeyText} did not make */
export const readUsageKey = (text: string): Keyed => {
  const split = text.split('#');
  const [who, permission = '', what = '', environment = '', mfa = '', network = '', attributes = ''] = split;
  if (split.length !== parts || !/^[ua][+-]$/.test(what)) throw new Error('a row of usage is damaged');
  return {
    principal: principalSchema.parse(who),
    permission: readPermission(permission),
    allowed: what.endsWith('+'),
    kind: what.startsWith('u') ? 'used' : 'asked',
    facts: readFacts(environment, mfa, network, attributes),
  };
};

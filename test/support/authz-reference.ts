// A slow, obvious evaluator of the access model, written from the design's sentences and sharing no code with the engine.

import type { Assignment, Conditions, Policy, Role } from '../../functions/authz/domain/model.ts';
import type { DecisionInputs, Match } from '../../functions/shared/kernel/decision.ts';

const catalogue: Record<string, string[]> = {
  workspace: ['read', 'write', 'manage'],
  apps: ['read', 'write', 'manage', 'delete'],
  endpoints: ['read', 'write', 'trigger'],
  augmentations: ['read', 'write', 'execute'],
  secrets: ['read', 'write', 'delete'],
  models: ['read', 'write', 'manage'],
  tools: ['read', 'write', 'manage'],
  analytics: ['view'],
  iam: ['read', 'write'],
  sso: ['read', 'write'],
  audit: ['read', 'write', 'export'],
  protection: ['read', 'write', 'execute'],
};

const within = (outer: string, inner: string): boolean => {
  if (outer === '*') return true;
  if (inner === '*') return false;
  const [o, i] = [outer.split('/'), inner.split('/')];
  return o.length <= i.length && o.every((part, index) => part === i[index]);
};

type Verdict = 'holds' | 'fails' | 'missing';

const bitsOf = (ip: string): string => {
  if (!ip.includes(':'))
    return ip
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  const [head = '', tail] = ip.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : new Array(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('');
};

const ipVerdict = (ranges: readonly string[], ip: string | undefined): Verdict => {
  if (ip === undefined) return 'missing';
  const hit = ranges.some((range) => {
    const [base = '', length = ''] = range.split('/');
    return base.includes(':') === ip.includes(':') && bitsOf(base).slice(0, Number(length)) === bitsOf(ip).slice(0, Number(length));
  });
  return hit ? 'holds' : 'fails';
};

const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const made =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formats.set(zone, made);
  return made;
};

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const timeVerdict = (window: NonNullable<Conditions['time']>, timeMs: number | undefined): Verdict => {
  if (timeMs === undefined) return 'missing';
  const text = formatOf(window.zone).format(timeMs);
  const day = text.slice(0, 3).toLowerCase();
  const clock = text.slice(-5);
  const dayBefore = dayNames[(dayNames.indexOf(day) + 6) % 7] ?? '';
  const from = window.from ?? '00:00';
  const to = window.to ?? '24:00';
  const on = (name: string) => window.days === undefined || (window.days as readonly string[]).includes(name);
  if (from < to) return clock >= from && clock < to && on(day) ? 'holds' : 'fails';
  return (clock >= from && on(day)) || (clock < to && on(dayBefore)) ? 'holds' : 'fails';
};

const verdictsOf = (conditions: Conditions, inputs: DecisionInputs): Verdict[] => {
  const all: Verdict[] = [];
  if (conditions.ip) all.push(ipVerdict(conditions.ip, inputs.ip));
  if (conditions.time) all.push(timeVerdict(conditions.time, inputs.timeMs));
  if (conditions.environment) {
    if (inputs.environment === undefined) all.push('missing');
    else all.push((conditions.environment as readonly string[]).includes(inputs.environment) ? 'holds' : 'fails');
  }
  if (conditions.mfa) all.push(inputs.mfa === undefined ? 'missing' : inputs.mfa ? 'holds' : 'fails');
  for (const [name, values] of Object.entries(conditions.attributes ?? {})) {
    const value = inputs.attributes?.[name];
    all.push(value === undefined ? 'missing' : values.includes(value) ? 'holds' : 'fails');
  }
  return all;
};

interface Line {
  effect: 'allow' | 'deny';
  resource: string;
  action: string;
  scopes: [string, string];
  conditions: Conditions;
  unless: Conditions | undefined;
  expiresAtMs: number | undefined;
  match: Match;
}

const linesOf = (roles: readonly Role[], policies: readonly Policy[], assignments: readonly Assignment[]): Line[] => {
  const lines: Line[] = [];
  for (const { id: assignment, role: roleId, scope, expiresAtMs } of assignments) {
    const role = roles.find(({ id }) => id === roleId);
    if (role === undefined) continue;
    for (const permission of role.permissions) {
      const [resource = '', at = '', action = ''] = permission.split(':');
      const match = { role: role.id, permission, assignment };
      lines.push({ effect: 'allow', resource, action, scopes: [at, scope], conditions: {}, unless: undefined, expiresAtMs, match });
    }
    for (const policy of policies) {
      if (!policy.roles.includes(role.id)) continue;
      for (const resource of policy.resources) {
        for (const at of policy.scopes) {
          for (const action of policy.actions) {
            const match = { role: role.id, policy: policy.id, permission: `${resource}:${at}:${action}`, assignment };
            const { effect, conditions = {}, unless } = policy;
            lines.push({ effect, resource, action, scopes: [at, scope], conditions, unless, expiresAtMs, match });
          }
        }
      }
    }
  }
  return lines;
};

const names = (line: Line, resource: string, action: string): boolean => {
  if (!catalogue[resource]?.includes(action)) return false;
  if (line.resource !== '*' && line.resource !== resource) return false;
  if (line.action === '*' || line.action === action) return true;
  if (line.effect === 'allow')
    return line.action === 'manage' && catalogue[resource].includes('manage') && ['read', 'write'].includes(action);
  return action === 'manage' && ['read', 'write'].includes(line.action);
};

const counts = (line: Line, inputs: DecisionInputs): boolean => {
  const { timeMs } = inputs;
  if (line.expiresAtMs !== undefined) {
    if (timeMs === undefined ? line.effect === 'allow' : timeMs >= line.expiresAtMs) return false;
  }
  const verdicts = verdictsOf(line.conditions, inputs);
  if (line.effect === 'allow') return verdicts.every((verdict) => verdict === 'holds');
  if (verdicts.some((verdict) => verdict === 'fails')) return false;
  return line.unless === undefined || !verdictsOf(line.unless, inputs).every((verdict) => verdict === 'holds');
};

/** @param assignments those of the principal and of its groups */
export const referenceDecide = (
  model: { roles: readonly Role[]; policies: readonly Policy[]; assignments: readonly Assignment[] },
  [resource, at, action]: readonly [string, string, string],
  inputs: DecisionInputs,
): { allowed: boolean; matched: Match[] } => {
  const matching = linesOf(model.roles, model.policies, model.assignments).filter(
    (line) => names(line, resource, action) && line.scopes.every((scope) => within(scope, at)) && counts(line, inputs),
  );
  const denies = matching.filter(({ effect }) => effect === 'deny');
  if (denies.length > 0) return { allowed: false, matched: denies.map(({ match }) => match) };
  return { allowed: matching.length > 0, matched: matching.map(({ match }) => match) };
};

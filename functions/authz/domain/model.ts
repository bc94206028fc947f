// The access model as the engine sees it: roles, policies, assignments and conditions.
import type { Environment } from '../../shared/kernel/ids.ts';
import type { Action, Resource } from '../../shared/kernel/permission.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import type { Scope } from '../../shared/kernel/scope.ts';

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof weekdays)[number];

/** Local times `HH:MM`: from inclusive, to exclusive. A window that crosses midnight belongs to the day on which it begins. */
export type TimeWindow = {
  /** IANA zone. */
  readonly zone: string;
  readonly days?: readonly Weekday[] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

/** All given ones must hold. */
export type Conditions = {
  /** CIDR ranges, IPv4 and IPv6. */
  readonly ip?: readonly string[] | undefined;
  readonly time?: TimeWindow | undefined;
  readonly environment?: readonly Environment[] | undefined;
  readonly mfa?: true | undefined;
  readonly attributes?: Readonly<Record<string, readonly string[]>> | undefined;
};

export type Effect = 'allow' | 'deny';

export interface Role {
  readonly id: string;
  readonly permissions: readonly string[];
}

export interface Policy {
  readonly id: string;
  readonly effect: Effect;
  readonly resources: readonly (Resource | '*')[];
  readonly scopes: readonly Scope[];
  readonly actions: readonly (Action | '*')[];
  readonly conditions?: Conditions | undefined;
  /** Denies only: where all of these hold, the deny does not match. */
  readonly unless?: Conditions | undefined;
  /** Custom roles that it is attached to. */
  readonly roles: readonly string[];
}

export interface Assignment {
  readonly id: string;
  readonly principal: Principal;
  readonly role: string;
  readonly scope: Scope;
  /** Milliseconds since the Unix epoch; from that instant on the assignment does not count. */
  readonly expiresAtMs?: number | undefined;
}

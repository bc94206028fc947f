// What a use case gets: one authenticated, validated, permitted request, and what it gives back.

import type { Decision, DecisionInputs } from './decision.ts';
import type { OrgId } from './ids.ts';
import type { Action, Resource } from './permission.ts';
import type { Principal } from './principal.ts';
import type { Scope } from './scope.ts';

/** Who acts, as the authorizer established it. */
export interface Caller {
  readonly org: OrgId;
  readonly principal: Principal;
  /** The API token's id, when one was used. */
  readonly tokenId?: string;
  /** The sign-in session (`origin_jti`), when one was used. */
  readonly session?: string;
  readonly name?: string;
  readonly email?: string;
  /** True when the sign-in proved a second factor; absent when that is unknown. */
  readonly mfa?: boolean;
}

/** Where a request came from: the gateway's words, never a client's header (the user agent aside, which only describes). */
export interface Source {
  readonly ip?: string;
  readonly userAgent?: string;
  readonly client?: string;
}

/** The caller's compiled grants at one version of the organization's access model. */
export interface Access {
  readonly version: number;
  /** @param inputs what this request adds to the caller's own condition inputs (an item's environment) */
  decide(resource: Resource, at: Scope, action: Action, inputs?: DecisionInputs): Decision;
  /** @returns whether any grant reaches into that workspace */
  reaches(workspace: string): boolean;
  /** @returns whether some allow of this resource and action exists at any scope, whatever its conditions */
  holdsSomewhere(resource: Resource, action: Action): boolean;
}

export interface Call<P = Record<string, string>, Q = Record<string, unknown>, B = unknown, T = unknown> {
  readonly org: OrgId;
  readonly caller: Caller;
  readonly source: Source;
  readonly requestId: string;
  /** When the gateway took the request. */
  readonly timeMs: number;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** What the route's `at` found: the item that the request is about. */
  readonly located: T;
  /** The version that `If-Match` names; absent: any. */
  readonly ifMatch?: number;
  readonly access: Access;
  /** Set on a POST that carries `Idempotency-Key`: the row that joins the change's transaction. */
  readonly idempotency?: IdempotencyClaim;
  /** The address that was asked, without its query, as the gateway saw it. */
  readonly address?: string;
  /** Aborted when the client hangs up. */
  readonly signal?: AbortSignal;
}

/** Compiles a principal's grants at the organization's current version, which it reads consistently on every call. */
export type AccessSource = (org: OrgId, principal: Principal, inputs: DecisionInputs) => Promise<Access>;

/** A claim on an idempotency key, written with the change itself. */
export interface IdempotencyClaim {
  readonly pk: string;
  readonly sk: string;
  /** Keyed MAC over the request's body. */
  readonly bodyMac: string;
  readonly expiresAtSeconds: number;
}

export interface Answer<B = unknown> {
  readonly status: number;
  /** Serialised as JSON through the route's response schema, unless it is bytes or a string (sent as they are, with `contentType`). */
  readonly body?: B;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Becomes the `ETag`. */
  readonly version?: number;
}

export const ok = <B>(body: B, version?: number): Answer<B> => ({ status: 200, body, ...(version === undefined ? {} : { version }) });
export const created = <B>(body: B, location: string, version?: number): Answer<B> => ({
  status: 201,
  body,
  headers: { location },
  ...(version === undefined ? {} : { version }),
});
export const noContent = (): Answer<never> => ({ status: 204 });

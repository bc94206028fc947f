// One row of a service's route table: the API Gateway method, the local server, the OpenAPI document, the permission check and the client come from it.
import type * as z from 'zod';
import type { Answer, Call } from '../kernel/call.ts';
import type { DecisionInputs } from '../kernel/decision.ts';
import type { Action, Resource } from '../kernel/permission.ts';
import type { Scope } from '../kernel/scope.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Where a request acts, and the item that it is about. */
export interface Located<T> {
  readonly scope: Scope;
  readonly item: T;
  /** What the item adds to the condition inputs: its environment. Of several, the permission must hold under each. */
  readonly inputs?: DecisionInputs | readonly DecisionInputs[];
}

/** A call before its permission is known. */
export type Asked<P, Q, B> = Omit<Call<P, Q, B>, 'access' | 'located' | 'idempotency'>;

export interface Needs<D, P, Q, B, T> {
  readonly resource: Resource;
  readonly action: Action;
  /** The scope as documents print it: `*`, `{workspace}`, `{scope}`. */
  readonly scope: string;
  /** Other permissions, any of which serves as well, at the same scope. */
  readonly or?: readonly { readonly resource: Resource; readonly action: Action }[];
  /** Finds where the request acts; undefined: nothing there (404). Absent: the whole organization. */
  readonly at?: (dependencies: D, asked: Asked<P, Q, B>) => Located<T> | undefined | Promise<Located<T> | undefined>;
  /** For lists: some allow at any scope opens the route, and the use case decides item by item. */
  readonly anywhere?: true;
}

/** The event that a route writes, or why it writes none. */
export type RouteEvent = { readonly type: string } | { readonly none: string };

export interface RouteSpec<D, P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, T> {
  readonly method: Method;
  /** API Gateway's form: `/v1/orgs/{org}/roles/{role}`. */
  readonly path: string;
  readonly summary: string;
  readonly permission: 'public' | 'member' | 'scim' | Needs<D, z.infer<P>, z.infer<Q>, z.infer<B>, T>;
  /** Path parameters besides `org`. One that does not parse answers 404. */
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Fields of the item that a client may send back; they are dropped before validation. */
  readonly readOnly?: readonly string[];
  /** Fields of the answer that are shown once and never replayed for an idempotency key. */
  readonly oneTime?: readonly string[];
  /** Media type of the body; `application/json` without it. */
  readonly accepts?: string;
  /** OpenID AuthZEN: a fault of the request answers 400, whatever it is, and a client's own `X-Request-ID` comes back. */
  readonly speaks?: 'authzen';
  /** Bytes of body taken; 1 MiB without it. */
  readonly maxBodyBytes?: number;
  /** Success status and schema (null: no body; `text`: not JSON). Answers leave through it: what it does not name does not leave. */
  readonly answers: Readonly<Record<number, z.ZodType | null | { readonly contentType: string }>>;
  readonly event: RouteEvent;
  readonly run: (dependencies: D, call: Call<z.infer<P>, z.infer<Q>, z.infer<B>, T>) => Promise<Answer>;
}

/** A row with its types forgotten, as tables hold it. */
// biome-ignore lint/suspicious/noExplicitAny: rows of different types share a table; each was checked when it was made
export type Route<D> = RouteSpec<D, any, any, any, any>;

/** @returns a maker of rows for one service's dependencies, which checks each row's own types */
export const routeFor =
  <D>() =>
  <P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, T>(spec: RouteSpec<D, P, Q, B, T>): Route<D> =>
    spec;

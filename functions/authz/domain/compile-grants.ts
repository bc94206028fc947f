// Grants compiled for the engine: a principal's roles by the scopes at which they grant something, and what bears on a permission there.
import type { Decision, Match } from '../../shared/kernel/decision.ts';
import { covers, everywhere, intersect, type Scope } from '../../shared/kernel/scope.ts';
import { type CompiledRole, type GrantTable, maskUnits, type RoleGrant, reasonStart } from './compile-role.ts';
import { permissionCount } from './permission-numbers.ts';
import { hashOf } from './scope-hash.ts';

export { type CompiledRole, compileRole, type RoleGrant } from './compile-role.ts';

/** A role as a principal holds it, through an assignment or a token. */
export interface HeldRole {
  readonly role: CompiledRole;
  readonly assignment: string;
  readonly scope: Scope;
  /** Infinity without an end. */
  readonly expiresAtMs: number;
}

/** A grant of a principal at the intersection of both scopes. */
export interface Grant {
  readonly of: RoleGrant;
  readonly scope: Scope;
  readonly expiresAtMs: number;
  readonly match: Match;
}

/** All grants that bear on one permission at one scope: the scope's own and those of the scopes above it. */
export interface Cell {
  readonly grants: readonly Grant[];
  /** The answer where neither time nor inputs can change it. */
  readonly settled: Decision | undefined;
}

/** The grants of a held role that meet at one scope. */
export interface Part {
  readonly scope: Scope;
  readonly table: GrantTable;
  readonly held: HeldRole;
  readonly assignment: string;
  /** Whether it never ends. */
  readonly endless: boolean;
}

/** What is granted at exactly one scope. */
export interface Row {
  readonly scope: Scope;
  readonly parts: readonly Part[];
  /** The nearest row above. */
  readonly above: Row | undefined;
  /** By permission number, filled when asked for; null: nothing bears on it here or above. */
  readonly cells: (Cell | null | undefined)[];
}

export interface CompiledGrants {
  readonly held: readonly HeldRole[];
  readonly parts: readonly Part[];
  /**
   * For each part the hash of its scope and the mask of its table, {@link indexStride} units of 16 bits. A text, because its units lie in
   * one piece of memory: at scale a check costs as many nanoseconds as it follows references to what is in no cache.
   */
  readonly index: string;
  /** Made when asked for, by {@link rowsOf}. */
  rows: ReadonlyMap<Scope, Row> | undefined;
}

/** @param scope where the role's grant and the assignment meet */
const grantAt = (of: RoleGrant, { assignment, expiresAtMs }: HeldRole, scope: Scope): Grant => {
  const { role, permission, policy } = of;
  const match: Match = policy === undefined ? { role, permission, assignment } : { role, policy, permission, assignment };
  return { of, scope, expiresAtMs, match };
};

/** @returns the grant of a held role, or undefined where its scope and the assignment's do not meet */
export const grantOf = (of: RoleGrant, held: HeldRole): Grant | undefined => {
  const scope = intersect(of.scope, held.scope);
  return scope === undefined ? undefined : grantAt(of, held, scope);
};

/** @returns the scope that contains this one, undefined above `*` */
export const above = (scope: Scope): Scope | undefined => {
  if (scope === everywhere) return undefined;
  const slash = scope.lastIndexOf('/');
  return slash < 0 ? everywhere : (scope.slice(0, slash) as Scope);
};

const nearest = (rows: ReadonlyMap<Scope, Row>, from: Scope | undefined): Row | undefined => {
  for (let at = from; at !== undefined; at = above(at)) {
    const row = rows.get(at);
    if (row !== undefined) return row;
  }
  return undefined;
};

/** Units of {@link CompiledGrants.index} a part. */
export const indexStride = 1 + maskUnits;

/** Arguments that a function surely takes. */
const chunk = 8_192;

const textOf = (units: readonly number[]): string => {
  let text = '';
  for (let start = 0; start < units.length; start += chunk) text += String.fromCharCode(...units.slice(start, start + chunk));
  return text;
};

export const compileGrants = (held: readonly HeldRole[]): CompiledGrants => {
  const parts: Part[] = [];
  const units: number[] = [];
  for (const each of held) {
    const { assignment, expiresAtMs } = each;
    for (const table of each.role.tables) {
      const scope = intersect(table.scope, each.scope);
      if (scope === undefined) continue;
      units.push(hashOf(scope), ...table.mask);
      parts.push({ scope, table, held: each, assignment, endless: expiresAtMs === Number.POSITIVE_INFINITY });
    }
  }
  return { held, parts, index: textOf(units), rows: undefined };
};

const makeRows = (parts: readonly Part[]): ReadonlyMap<Scope, Row> => {
  const rows = new Map<Scope, Row>();
  // INVARIANT: a shorter scope comes first, so a row's nearest row above stands when it is made.
  const scopes = [...Map.groupBy(parts, ({ scope }) => scope)].sort(
    ([a], [b]) => (a === everywhere ? 0 : a.length) - (b === everywhere ? 0 : b.length),
  );
  for (const [scope, own] of scopes) {
    rows.set(scope, { scope, parts: own, above: nearest(rows, above(scope)), cells: new Array(permissionCount).fill(undefined) });
  }
  return rows;
};

/** @returns all that is granted, by the scope at which it is; a check looks at the rows of one path, so its cost does not grow with what is granted elsewhere */
const rowsOf = (grants: CompiledGrants): ReadonlyMap<Scope, Row> => {
  grants.rows ??= makeRows(grants.parts);
  return grants.rows;
};

/** @returns the row that answers for a scope: its own, or the nearest above it */
export const rowAt = (grants: CompiledGrants, scope: Scope): Row | undefined => {
  const rows = rowsOf(grants);
  return rows.get(scope) ?? nearest(rows, above(scope));
};

const before = ({ match: a }: Grant, { match: b }: Grant): number => {
  if (a.assignment !== b.assignment) return a.assignment < b.assignment ? -1 : 1;
  if (a.role !== b.role) return a.role < b.role ? -1 : 1;
  const [aPolicy, bPolicy] = [a.policy ?? '', b.policy ?? ''];
  if (aPolicy !== bPolicy) return aPolicy < bPolicy ? -1 : 1;
  if (a.permission === b.permission) return 0;
  return a.permission < b.permission ? -1 : 1;
};

const isStatic = ({ of, expiresAtMs }: Grant): boolean =>
  of.test === undefined && of.unlessTest === undefined && expiresAtMs === Number.POSITIVE_INFINITY;

/** @param matching at least one; put in order */
const outcomeOfSome = (matching: Grant[]): Decision => {
  let deciding = matching;
  for (const { of } of matching) {
    if (of.effect !== 'deny') continue;
    deciding = matching.filter((grant) => grant.of.effect === 'deny');
    break;
  }
  if (deciding.length > 1) deciding.sort(before);
  const [first] = deciding;
  if (first === undefined) throw new Error('there is no outcome of nothing');
  const { of, match } = first;
  return {
    allowed: of.effect === 'allow',
    reason: `${reasonStart(of)}${match.assignment}\``,
    matched: deciding.map((grant) => grant.match),
  };
};

/** @returns the decision of grants that all match, undefined where none of them does */
export const outcomeOf = (matching: readonly Grant[]): Decision | undefined =>
  matching.length === 0 ? undefined : outcomeOfSome([...matching]);

/** Adds the grants of a part that bear on a permission. */
export const gather = (into: Grant[], { table, held, scope }: Part, number: number): void => {
  for (const of of table.bearing[number] ?? []) into.push(grantAt(of, held, scope));
};

const fillCell = (row: Row, number: number): Cell | null => {
  const grants: Grant[] = [];
  for (let at: Row | undefined = row; at !== undefined; at = at.above) for (const part of at.parts) gather(grants, part, number);
  const cell = grants.length === 0 ? null : { grants, settled: grants.every(isStatic) ? outcomeOf(grants) : undefined };
  row.cells[number] = cell;
  return cell;
};

/** @returns all that bears on a permission in a row and above it, null where nothing does */
export const cellOf = (row: Row, number: number): Cell | null => {
  const known = row.cells[number];
  return known === undefined ? fillCell(row, number) : known;
};

/** @returns whether some allow that has not ended reaches into the part of the tree at `scope` */
export const reachesInto = (grants: CompiledGrants, scope: Scope, nowMs: number): boolean =>
  grants.held.some(
    (held) =>
      nowMs < held.expiresAtMs &&
      held.role.grants.some((of) => {
        if (of.effect !== 'allow') return false;
        const meets = intersect(of.scope, held.scope);
        return meets !== undefined && (covers(meets, scope) || covers(scope, meets));
      }),
  );

// Every resource and action of the catalogue numbered, so that the engine indexes arrays instead of joining strings.
import { type Action, catalogue, deniedBy, impliedBy, type Resource, resources } from '../../shared/kernel/permission.ts';

const numbers = new Map<string, ReadonlyMap<string, number>>();
const named: { readonly resource: Resource; readonly action: Action }[] = [];
for (const resource of resources) {
  const ofResource = new Map<string, number>();
  for (const action of catalogue[resource]) ofResource.set(action, named.push({ resource, action }) - 1);
  numbers.set(resource, ofResource);
}

export const permissionCount = named.length;

/** @returns the number of a resource's action, undefined when the catalogue has none such */
export const permissionNumber = (resource: string, action: string): number | undefined => numbers.get(resource)?.get(action);

/** @throws Error for a number that is none */
export const permissionOf = (number: number): { readonly resource: Resource; readonly action: Action } => {
  const found = named[number];
  if (found === undefined) throw new Error(`there is no permission ${number}`);
  return found;
};

const spread = (resource: Resource | '*', actionsOf: (of: Resource) => readonly string[]): readonly number[] =>
  (resource === '*' ? resources : [resource]).flatMap((name) => actionsOf(name).flatMap((action) => permissionNumber(name, action) ?? []));

/** @returns the numbers that a permission text's resource and action stand for, `*` spread out and nothing implied */
export const namedNumbers = (resource: Resource | '*', action: Action | '*'): readonly number[] =>
  spread(resource, (name) => (action === '*' ? catalogue[name] : [action]));

/** @returns what an allow of it permits: `manage` brings `read` and `write` */
export const allowedNumbers = (resource: Resource | '*', action: Action | '*'): readonly number[] => {
  if (action === '*') return namedNumbers(resource, action);
  return spread(resource, (name) => (permissionNumber(name, action) === undefined ? [] : impliedBy(action)));
};

/** @returns what a deny of it forbids: `read` and `write` bring `manage`, which would imply them */
export const deniedNumbers = (resource: Resource | '*', action: Action | '*'): readonly number[] => {
  if (action === '*') return namedNumbers(resource, action);
  return spread(resource, (name) => (permissionNumber(name, action) === undefined ? [] : deniedBy(action)));
};

// Principals: who acts. `user:<id>`, `group:<name>`, `token:<id>` (API token), `service:<name>` (platform component calling with IAM).
import * as z from 'zod';
import { isIdentifier } from './ids.ts';

const kinds = ['user', 'group', 'token', 'service'] as const;
export type PrincipalKind = (typeof kinds)[number];

const isPrincipal = (text: string): boolean => {
  const colon = text.indexOf(':');
  return (kinds as readonly string[]).includes(text.slice(0, colon)) && isIdentifier(text.slice(colon + 1));
};

export const principal = z
  .string()
  .max(80)
  .refine(isPrincipal, 'a principal is `user:<id>`, `group:<name>`, `token:<id>` or `service:<name>`')
  .brand<'Principal'>();
export type Principal = z.infer<typeof principal>;

export const principalKind = (of: Principal): PrincipalKind => of.slice(0, of.indexOf(':')) as PrincipalKind;
export const principalId = (of: Principal): string => of.slice(of.indexOf(':') + 1);

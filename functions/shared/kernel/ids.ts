// Identifiers: `[a-z0-9][a-z0-9_-]{0,62}`, compared byte for byte, never folded or normalised.
import * as z from 'zod';

const identifierPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const identifierRule = 'an identifier is 1 to 63 of `a-z`, `0-9`, `_` and `-`, beginning with a letter or digit';

/** Any identifier of the contract; the branded ids below are made only by their schemas. */
export const identifier = z.string().regex(identifierPattern, identifierRule);

export const orgId = identifier.brand<'OrgId'>();
export type OrgId = z.infer<typeof orgId>;

export const workspaceId = identifier.brand<'WorkspaceId'>();
export type WorkspaceId = z.infer<typeof workspaceId>;

export const environment = z.enum(['development', 'staging', 'production']);
export type Environment = z.infer<typeof environment>;

/** @returns whether the text is an identifier; end anchors are exact, a trailing new line is refused */
export const isIdentifier = (text: string): boolean => identifierPattern.test(text) && !text.endsWith('\n');

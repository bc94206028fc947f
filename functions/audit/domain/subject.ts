// Whose key a principal's data goes under.
import { principal } from '../../shared/kernel/principal.ts';

/** @returns whether the text names somebody known; what an unknown caller claims to be is no subject of its own */
export const isPrincipal = (text: string): boolean => principal.safeParse(text).success;

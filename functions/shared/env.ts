// Typed environment: one zod schema a function, parsed once; an error names the missing key and never prints a value.
import type * as z from 'zod';

/**
 * @param schema the function's environment
 * @param source normally `process.env`
 * @throws Error naming every key at fault, without values
 */
export const parseEnv = <T extends z.ZodType>(schema: T, source: Readonly<Record<string, string | undefined>>): z.infer<T> => {
  const parsed = schema.safeParse(source);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const key = issue.path.join('.') || '(environment)';
    return source[key] === undefined ? `\`${key}\` is missing` : `\`${key}\` is not valid`;
  });
  throw new Error(`environment: ${faults.join(', ')}`);
};

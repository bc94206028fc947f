// Every function starts with the very environment that its template gives it.
import { describe, expect, test, vi } from 'vitest';
import { functionNames } from '../../lib/config.ts';
import { services, workers } from '../../lib/services.ts';
import { synthesize } from './synthesize.ts';

const { resources, resolve } = synthesize('dev');
const entries: Record<string, { entry: string }> = { ...services, ...workers };

const environmentOf = (name: string): Record<string, string> => {
  const found = resources('AWS::Lambda::Function').find(({ Properties }) => Properties.Description === `${name} of the security plane`);
  if (found === undefined) throw new Error(`no function ${name}`);
  const { Variables } = found.Properties.Environment as { Variables: Record<string, unknown> };
  const told = Object.entries(Variables).map(([key, value]) => [key, resolve(found.stack, value)]);
  return { ...Object.fromEntries(told), ...('USER_POOL_ID' in Variables ? { USER_POOL_ID: 'eu-central-1_abcdefghi' } : {}) };
};

describe('the entry of', () => {
  test.each(functionNames)('%s starts, and has a handler', async (name) => {
    for (const [key, value] of Object.entries({ ...environmentOf(name), AWS_REGION: 'eu-central-1' })) vi.stubEnv(key, value);
    const module = (await import(/* @vite-ignore */ new URL(`../../${entries[name]?.entry}`, import.meta.url).href)) as {
      handler: unknown;
    };
    expect(module.handler).toBeTypeOf('function');
    vi.unstubAllEnvs();
  });
});

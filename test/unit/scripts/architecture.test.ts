import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findBreaches, readSources } from '../../../scripts/architecture.ts';

const root = dirname(dirname(dirname(import.meta.dirname)));
const planted = (sources: Record<string, string>) => findBreaches(new Map(Object.entries(sources)));

describe('the architecture rules', () => {
  test('hold in this project', () => {
    expect(findBreaches(readSources(root))).toEqual([]);
  });

  test.each([
    ['a domain that imports a port', 'functions/vault/domain/a.ts', "import type { Table } from '../../shared/ports/table.ts';"],
    ['a domain that imports an SDK', 'functions/vault/domain/a.ts', "import { KMSClient } from '@aws-sdk/client-kms';"],
    ['a domain that reads files', 'functions/vault/domain/a.ts', "import { readFileSync } from 'node:fs';"],
    ['a domain that imports its own adapter', 'functions/vault/domain/a.ts', "import { x } from '../adapters/keys.ts';"],
    ['a use case that imports an SDK', 'functions/vault/use-cases/a.ts', "import { KMSClient } from '@aws-sdk/client-kms';"],
    ['a use case that reaches into another service', 'functions/vault/use-cases/a.ts', "import { x } from '../../authz/domain/decide.ts';"],
    ['routes that import an adapter', 'functions/vault/routes.ts', "import { x } from './adapters/keys.ts';"],
    ['shared code that imports a service', 'functions/shared/http/app.ts', "import { x } from '../../vault/public.ts';"],
    ['a kernel that imports a port', 'functions/shared/kernel/a.ts', "import type { Table } from '../ports/table.ts';"],
    ['a stack that imports a use case', 'lib/stacks/a.ts', "import { x } from '../../functions/vault/use-cases/a.ts';"],
    ['a local file that imports a domain', 'local/a.ts', "import { x } from '../functions/vault/domain/a.ts';"],
    ['an import over several lines', 'functions/vault/domain/a.ts', "import {\n  type Table,\n} from '../../shared/ports/table.ts';"],
    ['a re-export', 'functions/vault/domain/a.ts', "export { x } from '../adapters/keys.ts';"],
    ['a dynamic import', 'functions/vault/domain/a.ts', "const x = await import('../adapters/keys.ts');"],
    ['the named import of zod', 'functions/vault/schemas.ts', "import { z } from 'zod';"],
    ['an index file', 'functions/vault/domain/index.ts', 'export const a = 1;'],
    ['a folder that no rule covers', 'elsewhere/a.ts', 'export const a = 1;'],
  ])('refuse %s', (_, file, source) => {
    expect(planted({ [file]: source })).toHaveLength(1);
  });

  test('refuse a cycle, and name its files', () => {
    const breaches = planted({
      'functions/vault/domain/a.ts': "import { b } from './b.ts';",
      'functions/vault/domain/b.ts': "import { c } from './c.ts';",
      'functions/vault/domain/c.ts': "import { a } from './a.ts';",
    });
    expect(breaches).toEqual([
      {
        file: 'functions/vault/domain/a.ts',
        what: 'imports itself by way of functions/vault/domain/b.ts → functions/vault/domain/c.ts → functions/vault/domain/a.ts',
      },
    ]);
  });
});

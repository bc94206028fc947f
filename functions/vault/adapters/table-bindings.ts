// Pipelines' bindings over the table port, one row each.
import * as z from 'zod';
import { environment } from '../../shared/kernel/ids.ts';
import { principal } from '../../shared/kernel/principal.ts';
import type { Table } from '../../shared/ports/table.ts';
import type { BindingStore } from '../ports.ts';
import { bindingKey } from './keys.ts';
import { epochMove } from './table-states.ts';

const bindingRow = z.object({
  names: z.array(z.string()),
  environment: environment.optional(),
  app: z.string().optional(),
  namespace: z.string().optional(),
  author: principal,
  revision: z.string(),
  updatedAtMs: z.number(),
  version: z.number(),
});

export const tableBindings = (table: Table): BindingStore => ({
  get: async (org, workspace, pipeline) => {
    const row = await table.get(org, bindingKey(org, workspace, pipeline));
    return row === undefined ? undefined : { org, workspace, pipeline, ...bindingRow.parse(row) };
  },
  write: (before, after, orElse) => {
    const { org, workspace, pipeline, names, ...rest } = after;
    const item = { ...bindingKey(org, workspace, pipeline), ...rest, names: [...names] };
    const condition = before === undefined ? { absent: true as const } : { version: before.version };
    return [{ kind: 'put', item, condition, orElse }, epochMove(org, workspace)];
  },
  removal: (before, orElse) => {
    const key = bindingKey(before.org, before.workspace, before.pipeline);
    return { kind: 'delete', key, condition: { version: before.version }, orElse };
  },
});

// Events that could not be sealed: lists them, and puts them back to be sealed. usage: replay-dead-letters --data folder | --table name [--org id] [--replay]
import { join } from 'node:path';
import { argv, exit, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { tableOrganizations } from '../functions/audit/adapters/table-organizations.ts';
import { tableOutbox } from '../functions/audit/adapters/table-outbox.ts';
import { listAside, replayAside } from '../functions/audit/use-cases/replay-aside.ts';
import { awsPlatform } from '../functions/shared/aws/aws-platform.ts';
import { openSqliteTable } from '../functions/shared/embedded/sqlite-table.ts';
import { type OrgId, orgId } from '../functions/shared/kernel/ids.ts';
import { realWorld } from '../functions/shared/kernel/world.ts';
import { jsonLog } from '../functions/shared/observability/log.ts';
import type { Table } from '../functions/shared/ports/table.ts';

const usage = `usage: replay-dead-letters --data <data folder> | --table <DynamoDB table> [--org <id>] [--replay]
  lists the events that could not be sealed, and why; with --replay they wait for the sealer again
`;

interface Opened {
  readonly table: Table;
  readonly close: () => void;
}

const open = ({ data, table }: { data?: string | undefined; table?: string | undefined }): Opened | undefined => {
  if (data !== undefined) {
    const opened = openSqliteTable({ path: join(data, 'table.sqlite'), clock: realWorld, name: 'main' });
    return { table: opened, close: () => opened.close() };
  }
  if (table === undefined) return undefined;
  const log = jsonLog((line) => stderr.write(`${line}\n`));
  return { table: awsPlatform({ world: realWorld, log, tableName: table }).table, close: () => undefined };
};

const main = async (args: readonly string[]): Promise<number> => {
  const options = { data: { type: 'string' }, table: { type: 'string' }, org: { type: 'string' }, replay: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const opened = open(values);
  if (opened === undefined) {
    stderr.write(usage);
    return 2;
  }
  const outbox = tableOutbox({ table: opened.table });
  const orgs: readonly OrgId[] =
    values.org === undefined ? await tableOrganizations({ table: opened.table }).all() : [orgId.parse(values.org)];
  for (const org of orgs) {
    for (const { id, reason } of await listAside(outbox, org)) stdout.write(`${org} ${id}: ${reason}\n`);
    if (values.replay === true) stdout.write(`${org}: ${await replayAside(outbox, org)} put back\n`);
  }
  opened.close();
  return 0;
};

try {
  exit(await main(argv.slice(2)));
} catch (error) {
  stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  exit(1);
}

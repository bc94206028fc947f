// `npm start`: the whole system on this machine. usage: npm start -- [--port N] [--data folder] [--fresh]
import { createWriteStream } from 'node:fs';
import { join, resolve } from 'node:path';
import process, { exit, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { exportWorker, sealAll, sealOrganization, shipOrganization } from '../functions/audit/public.ts';
import { accessSource, decisionCounter, organizationSetup } from '../functions/authz/public.ts';
import { openEmbeddedPlatform } from '../functions/shared/embedded/embedded-platform.ts';
import { orgId } from '../functions/shared/kernel/ids.ts';
import { realWorld } from '../functions/shared/kernel/world.ts';
import { jsonLog } from '../functions/shared/observability/log.ts';
import { emptyFolder, lockFolder } from './data-folder.ts';
import { startGateway } from './gateway/start-gateway.ts';
import { openIssuer } from './issuer/issuer.ts';
import { startPump } from './pump.ts';
import { startResolver } from './resolver-server.ts';
import { startExports } from './run-exports.ts';
import { seed, seededTokens } from './seed.ts';
import { buildSystem } from './system.ts';

const defaultPort = 8787;

const options = (() => {
  try {
    const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' }, fresh: { type: 'boolean' } } });
    const port = values.port === undefined ? defaultPort : Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('`--port` is a number from 0 to 65535');
    return { port, folder: resolve(values.data ?? join(import.meta.dirname, '..', '.data')), fresh: values.fresh === true };
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : error}\nusage: npm start -- [--port N] [--data folder] [--fresh]\n`);
    return exit(2);
  }
})();

/** Everything that a start makes in the data folder, but for the lock that is held. */
const kept = ['table.sqlite', 'keys.sqlite', 'index.sqlite'].flatMap((name) => [name, `${name}-wal`, `${name}-shm`]);
const files = [...kept, 'keys.json', 'tokens.json', 'issuer-key.json', 'bucket', 'server.log'];

const start = async (): Promise<void> => {
  process.umask(0o077);
  const { folder, fresh } = options;
  const lock = lockFolder(folder);
  if (fresh) emptyFolder(folder, files);
  const logFile = createWriteStream(join(folder, 'server.log'), { flags: 'a', mode: 0o600 });
  const log = jsonLog((line) => logFile.write(`${line}\n`));
  const world = realWorld;
  const platform = openEmbeddedPlatform({ folder, world, log });
  const decisions = decisionCounter(platform);

  const pump = startPump({
    log,
    drain: async (name) => {
      const org = orgId.parse(name);
      await sealOrganization(platform)(org);
      await shipOrganization(platform)(org);
    },
  });
  const exports = startExports({ log, worker: exportWorker(platform, accessSource({ table: platform.table, world })) });
  platform.table.onCommit((keys) => {
    for (const { pk } of keys) {
      if (pk.includes('#outbox:')) pump.wake(pk.slice(0, pk.indexOf('#')));
      if (pk.endsWith('#audit-jobs')) exports.wake();
    }
  });

  const tokens = await seed(organizationSetup({ table: platform.table, world }), folder, world);
  const issuer = await openIssuer({ folder, issuer: `http://127.0.0.1:${options.port}/issuer`, world });
  const { resources, authorizer, resolver } = buildSystem(platform, issuer);
  const gateway = await startGateway({ port: options.port, host: '127.0.0.1', resources, authorizer, log, world });
  const resolverServer = await startResolver(resolver, 0, world);
  const swept = sealAll(platform).catch((error: unknown) => log.error('the sweep after the start failed', { error }));

  const address = `http://127.0.0.1:${gateway.port}`;
  const lines = [
    `address api ${address}`,
    `address docs ${address}/docs`,
    `address resolver ${resolverServer.url}`,
    ...seededTokens.map((name) => `token ${name} ${tokens[name]}`),
    'ready',
  ];
  stdout.write(`${lines.join('\n')}\n`);

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await Promise.all([gateway.close(), resolverServer.close()]);
    await swept;
    await exports.stop();
    await decisions.flush().catch((error: unknown) => log.error('usage was not written', { error }));
    await pump.stop();
    platform.close();
    lock.release();
    await new Promise((done) => logFile.end(done));
    exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
};

start().catch((error: unknown) => {
  const inUse = (error as { code?: string }).code === 'EADDRINUSE';
  stderr.write(
    `${inUse ? `port ${options.port} is taken; choose another with \`--port\`` : error instanceof Error ? error.message : error}\n`,
  );
  exit(1);
});

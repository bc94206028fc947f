// The whole system over a fresh folder, behind its gateway, and the events that its outbox holds.
import { hash } from 'node:crypto';
import { outboxPartition, outboxShards } from '../../functions/audit/adapters/keys.ts';
import type { AuditEvent } from '../../functions/audit/domain/event.ts';
import { organizationSetup } from '../../functions/authz/public.ts';
import { openEmbeddedPlatform } from '../../functions/shared/embedded/embedded-platform.ts';
import { realWorld } from '../../functions/shared/kernel/world.ts';
import { jsonLog } from '../../functions/shared/observability/log.ts';
import { startGateway } from '../../local/gateway/start-gateway.ts';
import { openIssuer } from '../../local/issuer/issuer.ts';
import { type SeededTokens, seed } from '../../local/seed.ts';
import { buildSystem } from '../../local/system.ts';
import { temporaryFolder } from './ports.ts';

export interface SystemReply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every route
  readonly body: any;
}

export const auditSystem = async () => {
  const folder = temporaryFolder();
  const logged: string[] = [];
  const log = jsonLog((line) => logged.push(line));
  const platform = openEmbeddedPlatform({ folder: folder.path, world: realWorld, log });
  const tokens = await seed(organizationSetup({ table: platform.table, world: realWorld }), folder.path, realWorld);
  const issuer = await openIssuer({ folder: folder.path, issuer: 'http://127.0.0.1/issuer', world: realWorld });
  const { resources, authorizer } = buildSystem(platform, issuer);
  const gateway = await startGateway({ port: 0, host: '127.0.0.1', resources, authorizer, log, world: realWorld });

  const call = async (who: keyof SeededTokens, method: string, path: string, body?: unknown): Promise<SystemReply> => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}/v1/orgs/acme${path}`, {
      method,
      headers: { authorization: `Bearer ${tokens[who]}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  };

  /** Every event in the outbox, by id. */
  const events = async (org = 'acme'): Promise<Map<string, AuditEvent>> => {
    const found = new Map<string, AuditEvent>();
    for (let shard = 0; shard < outboxShards; shard += 1) {
      for (let after: string | undefined; ; ) {
        const page = await platform.table.query(org, {
          pk: outboxPartition(org, shard),
          limit: 500,
          ...(after === undefined ? {} : { after }),
        });
        for (const { event } of page.items) found.set((event as unknown as AuditEvent).id, event as unknown as AuditEvent);
        after = page.next;
        if (after === undefined) break;
      }
    }
    return found;
  };

  return {
    platform,
    tokens,
    logged,
    call,
    events,
    digestOf: (text: string) => hash('sha256', text, 'hex'),
    close: async () => {
      await gateway.close();
      platform.close();
      folder.remove();
    },
  };
};

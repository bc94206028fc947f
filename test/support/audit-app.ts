// The audit service's app over the audit fixture, called as principals with plain grants.
import { auditDependencies } from '../../functions/audit/dependencies.ts';
import { routes } from '../../functions/audit/routes.ts';
import { denialRecorder } from '../../functions/audit/use-cases/record-denial.ts';
import { createApp } from '../../functions/shared/http/app.ts';
import { appKit } from '../../functions/shared/http/app-kit.ts';
import type { AuditFixture } from './audit-fixture.ts';
import { type EventWords, lambdaContext, proxyEvent } from './events.ts';
import { accessOf, type Grant } from './vault-fixture.ts';

export interface AuditReply {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every route
  readonly body: any;
}

export const auditApp = ({ platform, clock }: AuditFixture) => {
  const { table, world } = platform;
  const grants = new Map<string, readonly Grant[]>();
  const kit = appKit(platform, {
    service: 'audit',
    access: async (org, principal) => accessOf(grants.get(`${org}/${principal}`) ?? []),
    recordDenial: denialRecorder({ table, world, service: 'audit', workspaceExists: async () => true }),
  });
  const app = createApp(kit, routes, auditDependencies(platform));

  /** @param path below `/v1/orgs/{org}/audit` */
  const call = async (
    who: string,
    method: string,
    path: string,
    more: Pick<EventWords, 'body' | 'query' | 'headers'> = {},
  ): Promise<AuditReply> => {
    const [org = '', principal = ''] = who.split('/');
    const [, tile] = /^\/log\/tile\/(.+)$/.exec(path) ?? [];
    const [, list, id, part] = /^\/(events|exports)\/([^/]+)(\/\w+)?$/.exec(path) ?? [];
    const [, job, name] = /^\/exports\/([^/]+)\/files\/(.+)$/.exec(path) ?? [];
    const [below, own] =
      tile !== undefined
        ? ['/log/tile/{proxy+}', { proxy: tile }]
        : name !== undefined
          ? ['/exports/{id}/files/{name}', { id: job, name }]
          : id !== undefined
            ? [`/${list}/{id}${part ?? ''}`, { id }]
            : [path, {}];
    const authorizer = principal === '' ? {} : { authorizer: { org, principal } };
    const params = { org, ...own } as Record<string, string>;
    const event = proxyEvent({ method, resource: `/v1/orgs/{org}/audit${below}`, params, ...authorizer, ...more });
    event.requestContext.requestTimeEpoch = clock.nowMs();
    const { statusCode, body = '', headers = {}, isBase64Encoded } = await app(event, lambdaContext);
    const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
    const isJson = /[/+]json/.test(String(headers['content-type']));
    return { status: statusCode, headers, bytes, body: isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined };
  };

  /** Follows a link, as somebody without a credential. */
  const open = (url: string): Promise<AuditReply> => {
    const { pathname, searchParams } = new URL(url, 'http://api');
    const [, org = '', path = ''] = /^\/v1\/orgs\/([^/]+)\/audit(.+)$/.exec(pathname) ?? [];
    return call(`${org}/`, 'GET', path, { query: Object.fromEntries(searchParams) });
  };

  return { call, open, access: kit.access, grant: (who: string, ...held: Grant[]) => void grants.set(who, held) };
};

// What a deployment decides for itself: one checked record a stage.
import * as z from 'zod';

const roleArn = z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'a role ARN');

/** The names of all functions; each has its own role. */
export const functionNames = ['authorizer', 'authz', 'vault', 'protect', 'audit', 'identity', 'resolver', 'sealer', 'shipper'] as const;
export type FunctionName = (typeof functionNames)[number];

const stageConfig = z.strictObject({
  stage: z.enum(['dev', 'prod']),
  /** Retention of all log groups; one of the values that CloudWatch Logs takes. */
  logRetentionDays: z.union([z.literal(30), z.literal(90), z.literal(180), z.literal(365), z.literal(400), z.literal(731)]),
  /** Object Lock of the audit bucket. `COMPLIANCE` binds even the account's root user. */
  auditRetention: z.strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), days: z.int().min(1).max(36_500) }),
  /** The whole stage's limit, for all callers together. */
  throttle: z.strictObject({ requestsPerSecond: z.int().min(1), burst: z.int().min(1) }),
  /** Requests that one source address may make in five minutes. */
  requestsPerAddressPerFiveMinutes: z.int().min(10).max(2_000_000_000),
  /** Concurrent executions kept for a function, and its upper bound; the account must keep 100 unreserved. */
  reservedConcurrency: z.partialRecord(z.enum(functionNames), z.int().min(1)),
  /** The sign-in domain's prefix, unique in the region; made from the account's number without it. */
  signInDomainPrefix: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
    .optional(),
  /** Where sign-in may return to: the console's address, or a laptop's own (RFC 8252). */
  callbackUrls: z.array(z.url({ protocol: /^https?$/ })).min(1),
  /** Roles of the platform's pipelines, which may call the resolver's URL. */
  resolverCallers: z.array(roleArn),
});
export type StageConfig = z.infer<typeof stageConfig>;

const stages: Readonly<Record<string, unknown>> = {
  dev: {
    stage: 'dev',
    logRetentionDays: 30,
    auditRetention: { mode: 'GOVERNANCE', days: 1 },
    throttle: { requestsPerSecond: 100, burst: 200 },
    requestsPerAddressPerFiveMinutes: 10_000,
    reservedConcurrency: {},
    callbackUrls: ['http://127.0.0.1:8787/console/'],
    resolverCallers: [],
  },
  prod: {
    stage: 'prod',
    logRetentionDays: 400,
    auditRetention: { mode: 'COMPLIANCE', days: 2_557 },
    throttle: { requestsPerSecond: 2_000, burst: 4_000 },
    requestsPerAddressPerFiveMinutes: 100_000,
    reservedConcurrency: { authorizer: 200, resolver: 100, sealer: 20, shipper: 20 },
    callbackUrls: ['http://127.0.0.1:8787/console/'],
    resolverCallers: [],
  },
};

/**
 * @param stage `dev` or `prod`
 * @throws Error when there is no such stage, or its record is not valid
 */
export const configOf = (stage: string): StageConfig => {
  if (!Object.hasOwn(stages, stage)) throw new Error(`no stage \`${stage}\`: there are ${Object.keys(stages).join(', ')}`);
  return stageConfig.parse(stages[stage]);
};

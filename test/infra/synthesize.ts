// One stage's stacks as templates, without bundling and without CDK's own validation, in a folder that is gone afterwards.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { buildStacks } from '../../lib/build-app.ts';
import { configOf } from '../../lib/config.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

export interface Found extends Resource {
  readonly stack: string;
  readonly id: string;
}

const cdkJson = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as { context: Record<string, unknown> };

/** @returns the app as synthesized, its findings not acknowledged */
export const synthesize = (stage = 'dev') => {
  process.env.CDK_VALIDATION = 'false';
  const outdir = mkdtempSync(join(tmpdir(), 'infra-'));
  try {
    const app = new App({ outdir, context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } });
    const stacks = buildStacks(app, configOf(stage));
    const templates = Object.fromEntries(
      Object.entries(stacks).map(([name, stack]): [string, Template] => [name, Template.fromStack(stack as Stack)]),
    ) as Record<keyof typeof stacks, Template>;
    const named = Object.entries(templates).map(([name, template]) => ({ stack: name, body: template.toJSON() }));
    return { app, stacks, templates, resources: resourcesOf(named), resolve: resolver(named) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
};

interface NamedTemplate {
  readonly stack: string;
  readonly body: Record<string, unknown>;
}

const resourcesOf = (templates: readonly NamedTemplate[]) => {
  const all: Found[] = templates.flatMap(({ stack, body }) =>
    Object.entries((body.Resources ?? {}) as Record<string, Resource>).map(([id, resource]) => ({ stack, id, ...resource })),
  );
  return (type: string): Found[] => all.filter((resource) => resource.Type === type);
};

type Outputs = Record<string, { Value: unknown; Export?: { Name: string } }>;

/** @returns a function that turns intrinsics into readable text: `data:TableABC.Arn`, across stacks */
const resolver = (templates: readonly NamedTemplate[]) => {
  const exported = new Map(
    templates.flatMap(({ stack, body }) =>
      Object.values((body.Outputs ?? {}) as Outputs).flatMap(({ Value, Export }) =>
        Export === undefined ? [] : [[Export.Name, { stack, value: Value }] as const],
      ),
    ),
  );
  const resolve = (stack: string, value: unknown): string => {
    if (typeof value !== 'object' || value === null) return String(value);
    const [[kind, of] = ['', undefined]] = Object.entries(value);
    if (kind === 'Ref') return String(of).startsWith('AWS::') ? `<${String(of)}>` : `${stack}:${String(of)}`;
    if (kind === 'Fn::GetAtt') return `${stack}:${(of as string[]).join('.')}`;
    if (kind === 'Fn::Join') return (of as [string, unknown[]])[1].map((part) => resolve(stack, part)).join((of as [string, unknown[]])[0]);
    const target = kind === 'Fn::ImportValue' ? exported.get(String(of)) : undefined;
    if (target === undefined) throw new Error(`cannot read ${JSON.stringify(value)}`);
    return resolve(target.stack, target.value);
  };
  return resolve;
};

export type Synthesized = ReturnType<typeof synthesize>;

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

const listed = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** A statement of a role's, its resources as text. */
export interface Granted {
  readonly role: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: Statement['Condition'];
}

/** @returns every statement of every role's policies, wherever they are attached; roles by the name they have between stage and region */
export const grantsOf = ({ resources, resolve }: Synthesized): Granted[] => {
  const read = (stack: string, role: string, document: unknown): Granted[] =>
    (document as { Statement: Statement[] }).Statement.map((statement) => ({
      role,
      effect: statement.Effect,
      actions: listed(statement.Action),
      resources: listed(statement.Resource).map((resource) => resolve(stack, resource)),
      condition: statement.Condition,
    }));
  const nameOf = ({ stack, id, Properties }: Found): string =>
    Properties.RoleName === undefined ? id : resolve(stack, Properties.RoleName).replace(/^security-plane-[a-z]+-|-<AWS::Region>$/g, '');
  const roles = resources('AWS::IAM::Role');
  const inline = roles.flatMap((role) =>
    ((role.Properties.Policies ?? []) as { PolicyDocument: unknown }[]).flatMap(({ PolicyDocument }) =>
      read(role.stack, nameOf(role), PolicyDocument),
    ),
  );
  const attached = resources('AWS::IAM::Policy').flatMap(({ stack, Properties }) =>
    ((Properties.Roles ?? []) as { Ref: string }[]).flatMap(({ Ref }) => {
      const role = roles.find((each) => each.stack === stack && each.id === Ref);
      return read(stack, role === undefined ? Ref : nameOf(role), Properties.PolicyDocument);
    }),
  );
  return [...inline, ...attached];
};

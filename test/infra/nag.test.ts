import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { acknowledgements } from '../../lib/acknowledgements.ts';
import { synthesize } from './synthesize.ts';

describe.each(['dev', 'prod'])('cdk-nag AwsSolutions on stage %s', (stage) => {
  const { app } = synthesize(stage);
  const prefix = `security-plane-${stage}`;
  const findings = new AwsSolutionsChecks()
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => ({ finding: ruleName, path: constructPath.slice(prefix.length + 1) })),
    );
  const entries = acknowledgements.flatMap(({ finding, paths, reason }) =>
    paths.map((path) => ({ finding: finding.replaceAll('{prefix}', prefix), path, reason })),
  );
  const covers = (entry: { finding: string; path: string }, found: { finding: string; path: string }): boolean =>
    entry.finding === found.finding && `${found.path}/`.startsWith(`${entry.path}/`);

  test('finds nothing that the register does not acknowledge', () => {
    expect(findings.filter((found) => !entries.some((entry) => covers(entry, found)))).toEqual([]);
  });

  test('finds everything that the register acknowledges', () => {
    expect(entries.filter((entry) => !findings.some((found) => covers(entry, found)))).toEqual([]);
  });

  test('is acknowledged with a reason, and each place once', () => {
    for (const { reason } of entries) expect(reason.length).toBeGreaterThan(20);
    expect(new Set(entries.map(({ finding, path }) => `${finding} ${path}`)).size).toBe(entries.length);
  });
});

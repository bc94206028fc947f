// Key policies as the infrastructure tests read them.
import type { Found, Statement, Synthesized } from './synthesize.ts';

export const dataKeyAlias = 'data';

/** @returns the key with that alias, the stage's prefix aside */
export const keyOf = ({ resources, resolve }: Synthesized, alias: string): Found => {
  const named = resources('AWS::KMS::Alias').find(({ Properties }) => String(Properties.AliasName).endsWith(`/${alias}`));
  const target = named && resolve(named.stack, named.Properties.TargetKeyId);
  const key = resources('AWS::KMS::Key').find(({ stack, id }) => target === `${stack}:${id}.Arn`);
  if (key === undefined) throw new Error(`no key \`${alias}\``);
  return key;
};

/** @returns a key policy's statements, with the roles that they are limited to */
export const statementsOfKey = (synthesized: Synthesized, alias: string) => {
  const key = keyOf(synthesized, alias);
  const { Statement: statements } = key.Properties.KeyPolicy as { Statement: Statement[] };
  return statements.map(({ Action, Condition }) => {
    const arns = Condition?.ArnEquals?.['aws:PrincipalArn'];
    const roles = (arns === undefined ? [] : [arns].flat()).map((arn) =>
      synthesized.resolve(key.stack, arn).replace(/^.*:role\/security-plane-[a-z]+-(.*)-<AWS::Region>$/, '$1'),
    );
    return { actions: [Action].flat(), condition: Condition, roles };
  });
};

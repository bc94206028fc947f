// A pipeline's binding: which names it may resolve, where they are looked for, and on whose authority.
import type { Environment } from '../../shared/kernel/ids.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import type { Location } from './location.ts';

export interface Binding {
  readonly org: string;
  readonly workspace: string;
  readonly pipeline: string;
  readonly names: readonly string[];
  /** Where it is given, executions of other environments get nothing. */
  readonly environment?: Environment | undefined;
  readonly app?: string | undefined;
  readonly namespace?: string | undefined;
  /** Who wrote it; each resolve asks whether they still hold the right. */
  readonly author: Principal;
  /** Random, new with each write, never used twice: what a ticket fixes. */
  readonly revision: string;
  readonly updatedAtMs: number;
  /** The `ETag`. */
  readonly version: number;
}

/** The names that one resolve may ask for, and one binding may hold. */
export const maxNames = 50;

/** Where an execution in an environment looks; without one, where the binding itself points. */
export const placeOf = (
  binding: Pick<Binding, 'workspace' | 'app' | 'namespace' | 'environment'>,
  environment = binding.environment,
): Location => ({
  workspace: binding.workspace,
  app: binding.app,
  namespace: binding.namespace,
  environment,
});

/** @returns whether executions in that environment get what is bound */
export const appliesIn = (binding: Pick<Binding, 'environment'>, environment: Environment): boolean =>
  binding.environment === undefined || binding.environment === environment;

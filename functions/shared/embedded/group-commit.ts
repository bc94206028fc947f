// Group commit: transactions that arrive in one turn of the event loop share one durable SQLite commit, each still all or nothing.
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers';
import { TransactionConflict } from '../ports/table.ts';

/** SQLite's result code when another process holds the file. */
const sqliteBusy = 5;

export interface GroupCommit<R> {
  /** Runs `apply` inside a transaction of its own; what it throws undoes its writes alone. @returns its result, once durable */
  run(apply: () => R): Promise<R>;
  /** Commits what waits, at once. */
  flush(): void;
}

interface Waiting<R> {
  readonly apply: () => R;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome<R> = { readonly result: R } | { readonly error: unknown };

const asConflict = (error: unknown): unknown =>
  (((error as { errcode?: unknown }).errcode as number) & 0xff) === sqliteBusy ? new TransactionConflict(error) : error;

/**
 * @param housekeeping runs inside each commit, before the transactions
 * @param committed hears the results of the transactions that a commit holds
 */
export const groupCommit = <R>(
  database: DatabaseSync,
  housekeeping: () => void,
  committed: (results: readonly R[]) => void,
): GroupCommit<R> => {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const savepoint = database.prepare('SAVEPOINT one');
  const release = database.prepare('RELEASE one');
  const undo = database.prepare('ROLLBACK TO one');
  let waiting: Waiting<R>[] = [];

  const applyOne = ({ apply }: Waiting<R>): Outcome<R> => {
    savepoint.run();
    try {
      const result = apply();
      release.run();
      return { result };
    } catch (error) {
      // A full disk may have ended the whole transaction: then nothing of this group stands.
      if (!database.isTransaction) throw error;
      undo.run();
      release.run();
      return { error };
    }
  };

  const commitAll = (group: readonly Waiting<R>[]): Outcome<R>[] => {
    begin.run();
    try {
      housekeeping();
      const outcomes = group.map(applyOne);
      commit.run();
      return outcomes;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };

  const flush = (): void => {
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    let outcomes: Outcome<R>[];
    try {
      outcomes = commitAll(group);
    } catch (error) {
      for (const { reject } of group) reject(asConflict(error));
      return;
    }
    // INVARIANT: nobody is answered before the commit that holds its writes is durable.
    outcomes.forEach((outcome, index) => {
      if ('error' in outcome) group[index]?.reject(outcome.error);
      else group[index]?.resolve(outcome.result);
    });
    committed(outcomes.flatMap((outcome) => ('result' in outcome ? [outcome.result] : [])));
  };

  return {
    flush,
    run: (apply) =>
      new Promise<R>((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ apply, resolve, reject });
      }),
  };
};

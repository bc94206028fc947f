// The state of each workspace's secrets over the table port: an epoch that every change of a secret moves on, and keys that were shredded.
import * as z from 'zod';
import type { Table, Write } from '../../shared/ports/table.ts';
import type { StateStore } from '../ports.ts';
import { stateKey } from './keys.ts';

const stateRow = z.object({ epoch: z.number(), shredded: z.array(z.string()).default([]) });

/** Joins every transaction that changes what a workspace keeps; its version tells a deletion of the workspace that something came meanwhile. */
export const epochMove = (org: string, workspace: string, shredded?: readonly string[]): Write => ({
  kind: 'add',
  key: stateKey(org, workspace),
  amounts: { epoch: 1, version: 1 },
  ...(shredded === undefined ? {} : { set: { shredded: [...shredded] } }),
});

export const tableStates = (table: Table): StateStore => ({
  get: async (org, workspace) => {
    const row = await table.get(org, stateKey(org, workspace));
    return row === undefined ? { epoch: 0, shredded: [] } : stateRow.parse(row);
  },
  shredding: (org, workspace, keyIds) => epochMove(org, workspace, keyIds),
});

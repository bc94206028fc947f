// Everything a service may be given: the ports, opened by whoever starts it (a Lambda handler or the laptop's server).
import type { World } from './kernel/world.ts';
import type { Log } from './observability/log.ts';
import type { Archive } from './ports/archive.ts';
import type { Delivery } from './ports/delivery.ts';
import type { Keys } from './ports/keys.ts';
import type { Table } from './ports/table.ts';

export interface Platform {
  readonly world: World;
  readonly log: Log;
  /** Roles, policies, assignments, members, tokens, secrets, protection policies, deny lists, the outbox. */
  readonly table: Table;
  /** Wrapped keys only: a table of its own, recoverable for one day. */
  readonly keyTable: Table;
  /** The audit log's recent events, with a time to live. */
  readonly indexTable: Table;
  readonly keys: Keys;
  readonly archive: Archive;
  readonly delivery: Delivery;
}

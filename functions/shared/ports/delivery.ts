// The delivery port: sealed events on their way to the archive's searchable objects (Firehose, or a folder on a laptop).

/** A line of JSON for one organization's archive, without its line end. */
export interface DeliveryRecord {
  readonly org: string;
  /** When the event happened; picks the archive's hour. */
  readonly timeMs: number;
  readonly line: Uint8Array;
}

export interface DeliveryResult {
  /** Indexes of records that were not taken; the caller sends them again. */
  readonly failed: readonly number[];
  /** Whether the taken records are in the archive now, and not only on their way to it. */
  readonly archived: boolean;
}

export interface Delivery {
  /** At least once: a record may come to lie in the archive twice, never not at all once it was taken. At most 1,000,000 bytes a record. */
  deliver(records: readonly DeliveryRecord[]): Promise<DeliveryResult>;
}

// Retention, legal hold and erasure ask for Admin at `*`.
import { demand } from '../../shared/http/demand.ts';
import type { Call } from '../../shared/kernel/call.ts';
import { everywhere } from '../../shared/kernel/scope.ts';
import { everyPermission } from '../domain/admin.ts';

/** @throws Denied naming the first permission of the catalogue that the caller does not hold at `*` */
export const demandAdmin = (call: Pick<Call, 'access'>): void => {
  for (const { resource, action } of everyPermission) demand(call, resource, everywhere, action);
};

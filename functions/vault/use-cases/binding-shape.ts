// A pipeline's binding as it is shown.
import type * as z from 'zod';
import { toTime } from '../../shared/kernel/world.ts';
import type { Binding } from '../domain/binding.ts';
import type { bindingShape } from '../schemas.ts';

export type BindingShape = z.input<typeof bindingShape>;

export const shapeOfBinding = ({
  workspace,
  pipeline,
  names,
  environment,
  app,
  namespace,
  author,
  updatedAtMs,
  version,
}: Binding): BindingShape => ({
  workspace,
  pipeline,
  names: [...names],
  ...(environment === undefined ? {} : { environment }),
  ...(app === undefined ? {} : { app }),
  ...(namespace === undefined ? {} : { namespace }),
  author,
  updatedAt: toTime(updatedAtMs),
  version,
});

// Reads a pipeline's binding.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { Binding } from '../domain/binding.ts';
import { type BindingShape, shapeOfBinding } from './binding-shape.ts';

export const readBinding = async (_: unknown, call: Call<object, object, unknown, Binding>): Promise<Answer<BindingShape>> =>
  ok(shapeOfBinding(call.located), call.located.version);

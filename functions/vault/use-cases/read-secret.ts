// Reads one secret's metadata.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { Secret } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import type { Metadata } from '../schemas.ts';
import { oneShape } from './secret-shape.ts';

type ReadCall = Call<object, object, unknown, Secret>;

export const readSecret = async ({ secrets, world }: { secrets: SecretStore; world: World }, call: ReadCall): Promise<Answer<Metadata>> =>
  ok(await oneShape(secrets, call.org, call.located, world.nowMs()), call.located.revision);

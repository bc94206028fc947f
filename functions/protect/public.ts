// All that others may import of prompt protection: scanning texts with policies and lists at hand, without a service.
export { type ActingDenyList, actingDenyList, compilePolicy, type Engine, engineOfAll } from './domain/engine.ts';
export { evaluate, TextTooLong } from './domain/evaluate.ts';
export { modelStages } from './domain/model-stages.ts';
export { WorkExceeded } from './domain/pattern-run.ts';
export type { Policy } from './domain/policy.ts';
export { entryFault, policyFaults } from './domain/policy-faults.ts';
export { listBody, listReadOnly, policyBody } from './schemas.ts';

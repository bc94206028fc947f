// SDK clients whose `send` a test writes, and the errors that AWS documents.

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: unknown;
}

/** A command as it was sent: its class's name and its input. */
export interface Sent {
  readonly command: string;
  // biome-ignore lint/suspicious/noExplicitAny: inputs of every service's commands, looked into by tests alone
  readonly input: any;
}

/** @param answers one an expected call, in order: a value, an error to throw, or a function of what was sent; the last one repeats */
export const stubClient = <Client>(...answers: unknown[]): { client: Client; sent: Sent[] } => {
  const sent: Sent[] = [];
  const send = async (command: Command): Promise<unknown> => {
    // A copy: the adapter may change its arrays afterwards.
    sent.push({ command: command.constructor.name, input: structuredClone(command.input) });
    const planned = answers[Math.min(sent.length, answers.length) - 1];
    const answer = typeof planned === 'function' ? planned(command.input) : planned;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { client: { send } as unknown as Client, sent };
};

/** An SDK error: told apart by its name and status. */
export const awsError = (name: string, more: Record<string, unknown> = {}): Error =>
  Object.assign(new Error(`${name} happened`), { name }, more);

export const withStatus = (httpStatusCode: number): Record<string, unknown> => ({ $metadata: { httpStatusCode } });

/** A cancelled transaction with one reason a write. */
export const cancelled = (...codes: string[]): Error =>
  awsError('TransactionCanceledException', { CancellationReasons: codes.map((Code) => ({ Code })), ...withStatus(400) });

/** A pause that does not wait, and how often it was asked to. */
export const countedPause = (): { pause: (attempt: number) => Promise<void>; attempts: number[] } => {
  const attempts: number[] = [];
  return { attempts, pause: async (attempt) => void attempts.push(attempt) };
};

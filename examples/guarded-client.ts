// The calls that a pipeline makes around a model call, over plain HTTP.

export interface Client {
  /** Paths are relative to the organization. @throws Error naming the status and code of a refusal */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  raw(path: string): Promise<Response>;
}

/** @param token a credential of organization `acme` */
export const client = (url: string, token: string): Client => {
  const base = `${url}/v1/orgs/acme`;
  const send = async <T>(method: string, path: string, body: unknown): Promise<T> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(base + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  return {
    get: (path) => send('GET', path, undefined),
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    raw: (path) => fetch(base + path, { headers: { authorization: `Bearer ${token}` } }),
  };
};

interface Verdict {
  readonly action: 'allow' | 'redact' | 'block';
  readonly text?: string;
  readonly findings: readonly { readonly type: string; readonly category: string }[];
  readonly error?: { readonly code: string };
}

export interface Setting {
  readonly workspace: string;
  readonly pipeline: string;
  /** The name of the model's key in the vault. */
  readonly secret: string;
}

/** What must stand before the first call: the model's key in the vault, bound to the pipeline, and a protection policy. */
export const prepare = async (calls: Client, apiKey: string): Promise<Setting> => {
  const workspace = 'support';
  const pipeline = 'assistant';
  const suffix = crypto.randomUUID().slice(0, 8);
  const name = `MODEL_KEY_${suffix.toUpperCase()}`;
  await calls.post('/secrets', { name, location: { workspace }, value: apiKey });
  await calls.put(`/workspaces/${workspace}/pipelines/${pipeline}/secrets`, { names: [name] });
  const list = await calls.post<{ id: string }>('/protection/deny-lists', {
    name: `Codenames ${suffix}`,
    workspaces: '*',
    entries: [
      { type: 'phrase', value: 'Project Titan' },
      { type: 'keyword', value: 'confidential' },
    ],
  });
  await calls.post('/protection/policies', {
    name: `PII Redaction - All Workspaces ${suffix}`,
    workspaces: '*',
    denyLists: [list.id],
    pii: { types: { email: 'redact', phone: 'redact', creditCard: 'redact', ssn: 'block' } },
  });
  return { workspace, pipeline, secret: name };
};

export interface GuardedOutcome {
  readonly outcome: 'allowed' | 'redacted' | 'blocked';
  /** What was found, never the text. */
  readonly detail: string;
}

export interface GuardedSetting extends Setting {
  readonly calls: Client;
  readonly resolver: string;
  readonly model: string;
  /** Told each step's name and milliseconds. */
  readonly onStep?: (step: string, ms: number) => void;
}

const tell = (direction: string, { findings }: Verdict): string =>
  findings.length === 0 ? '' : `${direction}: ${[...new Set(findings.map((finding) => finding.category))].join(', ')}`;

/** One model call with everything around it. */
export const guardedCall = async (setting: GuardedSetting, prompt: string): Promise<GuardedOutcome> => {
  const { calls, resolver, model, workspace, pipeline, onStep } = setting;
  const timed = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    onStep?.(step, performance.now() - started);
    return result;
  };
  const scan = (direction: 'input' | 'output', text: string): Promise<Verdict> =>
    calls.post(`/workspaces/${workspace}/protection/scan`, { direction, text, ticket });

  const { ticket } = await timed('execution', () =>
    calls.post<{ ticket: string }>('/executions', { workspace, pipeline, environment: 'production' }),
  );
  const input = await timed('scan input', () => scan('input', prompt));
  if (input.action === 'block') return { outcome: 'blocked', detail: `input: ${input.error?.code}` };
  const headers = await timed('resolve', () => resolve(resolver, ticket, setting));
  const answer = await timed('model', async () => {
    const response = await fetch(model, { method: 'POST', headers, body: JSON.stringify({ prompt: input.text }) });
    if (!response.ok) throw new Error(`the model answered ${response.status}`);
    return ((await response.json()) as { answer: string }).answer;
  });
  const output = await timed('scan output', () => scan('output', answer));
  if (output.action === 'block') return { outcome: 'blocked', detail: `output: ${output.error?.code}` };
  const redacted = input.action === 'redact' || output.action === 'redact';
  const detail = [tell('input', input), tell('output', output)].filter((part) => part !== '').join('; ');
  return { outcome: redacted ? 'redacted' : 'allowed', detail };
};

/** The model's headers with the secret filled in by the resolver. */
const resolve = async (resolver: string, ticket: string, { secret }: GuardedSetting): Promise<Record<string, string>> => {
  const template = { authorization: `Bearer {{ secrets.${secret} }}` };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(resolver, { method: 'POST', headers, body: JSON.stringify({ ticket, template }) });
  if (!response.ok) throw new Error(`the resolver answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { template: Record<string, string> }).template;
};

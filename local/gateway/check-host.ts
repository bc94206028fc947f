// Against DNS rebinding: a page of another site that resolves its own name to this machine still names itself in `Host`.
import type { IncomingMessage } from 'node:http';
import { ProtocolError } from './problem-answer.ts';

const names = ['127.0.0.1', 'localhost', '[::1]'];
const defaultPort = 80;

/** @returns a check that throws a 400 unless exactly one `Host` names this machine and port */
export const hostChecker = (port: number) => {
  const allowed = new Set(names.flatMap((name) => [`${name}:${port}`, ...(port === defaultPort ? [name] : [])]));
  return (request: IncomingMessage): void => {
    const hosts = request.rawHeaders.filter((_, index) => index % 2 === 1 && request.rawHeaders[index - 1]?.toLowerCase() === 'host');
    if (hosts.length === 1 && allowed.has((hosts[0] ?? '').toLowerCase())) return;
    throw new ProtocolError(400, 'validation-failed', 'the `Host` header does not name this server');
  };
};

// Starts the whole system in a temporary folder on a free port, as `npm start` does, and reads what it prints.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';

export interface RunningServer {
  readonly url: string;
  /** The resolver's loopback address. */
  readonly resolver: string;
  /** By the names that are printed: admin, developer, operator, viewer, outsider. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly pid: number;
  /** Stops it as Ctrl-C does. */
  stop(): Promise<void>;
  /** Stops it as a power cut does: nothing is flushed. */
  kill(): Promise<void>;
  remove(): void;
}

const startMs = 20_000;

/**
 * @param root the project's folder
 * @param folder where it keeps its data; a fresh temporary one without it
 * @throws Error when it does not say `ready` within 20 s
 */
export const startServer = (root: string, folder = mkdtempSync(join(tmpdir(), 'security-plane-'))): Promise<RunningServer> =>
  new Promise((resolve, reject) => {
    const child = spawn(execPath, [join(root, 'local', 'start.ts'), '--port', '0', '--data', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise<void>((done) => child.once('exit', () => done()));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('the server did not become ready'));
    }, startMs);
    const tokens: Record<string, string> = {};
    const addresses: Record<string, string> = {};
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
    };
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word = '', name = '', value = ''] = line.split(' ');
      if (word === 'token') tokens[name] = value;
      else if (word === 'address') addresses[name] = value;
      else if (word === 'ready') {
        clearTimeout(timer);
        resolve({
          url: addresses.api ?? '',
          resolver: addresses.resolver ?? '',
          tokens,
          folder,
          pid: child.pid ?? 0,
          stop: () => end('SIGINT'),
          kill: () => end('SIGKILL'),
          remove: () => rmSync(folder, { recursive: true, force: true }),
        });
      }
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with code ${code}`));
    });
  });

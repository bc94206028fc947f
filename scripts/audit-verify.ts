// `npm run -s audit:verify -- <folder, file or URL>`: verifies logs, delivered lines and proofs offline; exit 0 only if all holds.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { argv, env, exit, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { type Checkpoint, parseCheckpointText, verifyCheckpoint } from '../functions/audit/domain/checkpoint.ts';
import { manifestName } from '../functions/audit/domain/export-manifest.ts';
import { type NoteKey, NoteRefused, parseNote, parseVerifierKey } from '../functions/audit/domain/signed-note.ts';
import { verifyTlogProof } from '../functions/audit/domain/tlog-proof.ts';
import { verifyDelivered } from '../functions/audit/domain/verify-delivered.ts';
import { verifyExport } from '../functions/audit/domain/verify-export.ts';
import { type LogSource, VerificationFailed, verifyLog } from '../functions/audit/domain/verify-log.ts';
import { fromFilePart, toFilePath } from '../functions/shared/embedded/archive-path.ts';

const usage = `usage: audit:verify <data folder | log folder | export folder | URL of a log | .tlog-proof file>
  --key <verifier key or its file>   trust this key and no other (else the \`key\` file beside the log)
  --from <checkpoint file>           the log must have grown from this earlier checkpoint
  --entry <file>                     the entry that a proof is about
A URL that needs a token takes it from the environment's AUDIT_VERIFY_TOKEN.
`;

/** A log may grow while it is read: a fault counts once the checkpoint stood still around it. */
const tries = 5;
const progressMs = 500;

interface Asked {
  readonly keys: readonly NoteKey[];
  readonly from: Uint8Array | undefined;
}

const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String((error as NodeJS.ErrnoException).code));

const readOptional = async (file: string): Promise<Uint8Array | undefined> => {
  try {
    return await readFile(file);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
};

const isFolder = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

/** @returns the archive's paths of all files under a folder */
const filesUnder = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .split(sep)
        .map(fromFilePart)
        .join('/'),
    )
    .sort();
};

const folderSource = (folder: string): LogSource => ({
  read: (path) => readOptional(toFilePath(folder, path)),
  list: () => filesUnder(folder),
});

const urlSource = (url: string): LogSource => ({
  async read(path) {
    const token = env.AUDIT_VERIFY_TOKEN;
    const response = await fetch(
      `${url.replace(/\/$/, '')}/${path}`,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    );
    if (response.status === 404) return undefined;
    if (!response.ok) throw new VerificationFailed(path, `the server answers ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  list: async () => undefined,
});

const progress = (name: string) => {
  let saidMs = performance.now();
  return (verified: number, size: number): void => {
    if (performance.now() - saidMs < progressMs) return;
    saidMs = performance.now();
    stderr.write(`${name}: ${verified} of ${size} entries\n`);
  };
};

/** The keys that a log is checked with: those given, under the log's own name, else the key beside it. */
const keysOf = async (source: LogSource, given: readonly NoteKey[]): Promise<readonly NoteKey[]> => {
  const bytes = await source.read('key');
  const beside = bytes && Buffer.from(bytes).toString('utf8');
  if (beside === undefined && given.length === 0) throw new VerificationFailed('key', 'the file is missing: give the key with --key');
  const own = beside === undefined ? undefined : parseKeyFile(beside);
  if (given.length === 0) return own === undefined ? [] : [own];
  if (own !== undefined && !given.some(({ publicKey }) => Buffer.compare(publicKey, own.publicKey) === 0)) {
    throw new VerificationFailed('key', 'is not a key that was given');
  }
  const checkpoint = await source.read('checkpoint');
  const origin = checkpoint === undefined ? undefined : parseCheckpointText(parseNote(checkpoint).text).origin;
  // One key signs every log of a deployment, each under the log's own name: a given key stands for the deployment where the folder holds several.
  return given.map((key) => (own === undefined ? key : { ...key, name: origin ?? key.name }));
};

const parseKeyFile = (text: string): NoteKey => {
  const line = text.endsWith('\n') ? text.slice(0, -1) : '';
  try {
    return parseVerifierKey(line);
  } catch {
    throw new VerificationFailed('key', 'is not a verifier key');
  }
};

const earlier = (bytes: Uint8Array | undefined, keys: readonly NoteKey[]): Checkpoint | undefined => {
  if (bytes === undefined) return undefined;
  const { origin } = parseCheckpointText(parseNote(bytes).text);
  // Of another log than this one: where a folder holds several, the checkpoint is for the one that it names.
  return keys.some(({ name }) => name === origin) ? verifyCheckpoint(bytes, keys) : undefined;
};

const textOf = async (source: LogSource): Promise<string> => Buffer.from((await source.read('checkpoint')) ?? []).toString('latin1');

/** Runs the check again while the log moves under it. */
const whileStill = async <T>(source: LogSource, check: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    const before = await textOf(source);
    try {
      return await check();
    } catch (error) {
      if (attempt === tries || before === (await textOf(source))) throw error;
    }
  }
};

/**
 * @param folders where a data folder keeps it: its organization, whose log it must be, and its delivered lines
 * @returns whether the earlier checkpoint was this log's
 */
const verifyOne = async (
  name: string,
  source: LogSource,
  { keys: given, from: fromBytes }: Asked,
  folders?: { readonly org: string; readonly delivered: string },
): Promise<boolean> => {
  try {
    return await whileStill(source, async () => {
      const keys = await keysOf(source, given);
      const from = earlier(fromBytes, keys);
      const checkpoint = await verifyLog(source, { keys, onProgress: progress(name), ...(from === undefined ? {} : { from }) });
      const { size, root, origin } = checkpoint;
      if (folders !== undefined && !origin.endsWith(`/${folders.org}`))
        throw new VerificationFailed('checkpoint', `is of another log, \`${origin}\``);
      stdout.write(
        `${name}: ${origin}, ${size} entries, root ${Buffer.from(root).toString('base64')}${from ? `, grown from ${from.size}` : ''}: verified\n`,
      );
      if (given.length === 0) stdout.write(`${name}: the key was taken from beside the log; --key with one from elsewhere proves more\n`);
      if (folders !== undefined) await verifyDeliveredFolder(name, source, size, folders.delivered);
      return from !== undefined;
    });
  } catch (error) {
    if (error instanceof NoteRefused) throw new VerificationFailed(`${name}/checkpoint`, error.message);
    if (error instanceof VerificationFailed)
      throw new VerificationFailed(`${name}/${error.where}`, error.message.slice(error.where.length + 2));
    throw error;
  }
};

const verifyDeliveredFolder = async (name: string, source: LogSource, size: number, folder: string): Promise<void> => {
  const objects = async function* () {
    for (const path of (await isFolder(folder)) ? await filesUnder(folder) : []) {
      const bytes = await readOptional(toFilePath(folder, path));
      if (bytes === undefined) throw new VerificationFailed(path, 'the file cannot be read');
      yield { path: `delivered/${path}`, bytes };
    }
  };
  const { delivered, waiting } = await verifyDelivered(source, size, objects());
  stdout.write(
    `${name}: ${delivered} delivered lines are the log's${waiting === 0 ? '' : `; the last ${waiting} entries are not delivered yet`}\n`,
  );
};

const verifyBucket = async (bucket: string, asked: Asked): Promise<void> => {
  const folders = await readdir(join(bucket, 'log'), { withFileTypes: true });
  const stray = folders.find((entry) => !entry.isDirectory());
  if (stray !== undefined) throw new VerificationFailed(`log/${stray.name}`, 'the file does not belong to a log');
  for (const { name } of (await isFolder(join(bucket, 'archive'))) ? await readdir(join(bucket, 'archive'), { withFileTypes: true }) : []) {
    if (!folders.some((entry) => entry.name === name))
      throw new VerificationFailed(`archive/${name}`, 'there is no log that it belongs to');
  }
  if (folders.length === 0) throw new VerificationFailed('log', 'there is no log in the folder');
  let found = asked.from === undefined;
  for (const { name: part } of folders) {
    const name = fromFilePart(part);
    found =
      (await verifyOne(name, folderSource(join(bucket, 'log', part)), asked, { org: name, delivered: join(bucket, 'archive', part) })) ||
      found;
  }
  if (!found) throw new VerificationFailed('log', 'none of the logs is that of the earlier checkpoint');
};

const verifyProofFile = async (file: string, entryFile: string | undefined, keys: readonly NoteKey[]): Promise<void> => {
  if (entryFile === undefined || keys.length === 0) throw new Error('a proof needs --entry and --key');
  try {
    const { origin, size } = verifyTlogProof(await readFile(file, 'utf8'), await readFile(entryFile), keys);
    stdout.write(`${file}: the entry is in ${origin}, among ${size} entries: verified\n`);
  } catch (error) {
    if (error instanceof NoteRefused) throw new VerificationFailed(file, error.message);
    throw error;
  }
};

const verifyExportFolder = async (folder: string, asked: Asked): Promise<void> => {
  const source = { read: (name: string) => readOptional(join(folder, name)), list: () => filesUnder(folder) };
  const { core, checkpoint } = await verifyExport(source, { keys: asked.keys, onProgress: progress(folder) });
  stdout.write(
    `${folder}: ${core.events} events of ${checkpoint.origin}, exported at ${core.createdAt}, among ${checkpoint.size} entries: verified\n`,
  );
  if (asked.keys.length === 0) stdout.write(`${folder}: the key was taken from the manifest; --key with one from elsewhere proves more\n`);
};

const verify = async (target: string, asked: Asked, entry: string | undefined): Promise<void> => {
  if (/^https?:\/\//.test(target)) return requireFrom(asked, await verifyOne(target, urlSource(target), asked));
  if (basename(target) === manifestName) return verifyExportFolder(dirname(target), asked);
  if (!(await isFolder(target))) return verifyProofFile(target, entry, asked.keys);
  if ((await readOptional(join(target, manifestName))) !== undefined) return verifyExportFolder(target, asked);
  if (await isFolder(join(target, 'bucket', 'log'))) return verifyBucket(join(target, 'bucket'), asked);
  if (await isFolder(join(target, 'log'))) return verifyBucket(target, asked);
  return requireFrom(asked, await verifyOne(target, folderSource(target), asked));
};

const requireFrom = ({ from }: Asked, found: boolean): void => {
  if (from !== undefined && !found) throw new VerificationFailed('checkpoint', 'the earlier checkpoint is of another log');
};

const main = async (args: readonly string[]): Promise<number> => {
  const options = { key: { type: 'string', multiple: true }, from: { type: 'string' }, entry: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [target] = positionals;
  if (target === undefined || positionals.length > 1) {
    stderr.write(usage);
    return 2;
  }
  const keyText = async (given: string): Promise<string> =>
    Buffer.from((await readOptional(given)) ?? Buffer.from(given))
      .toString('utf8')
      .trim();
  const keys = await Promise.all((values.key ?? []).map(async (given) => parseVerifierKey(await keyText(given))));
  await verify(target, { keys, from: values.from === undefined ? undefined : await readFile(values.from) }, values.entry);
  return 0;
};

try {
  exit(await main(argv.slice(2)));
} catch (error) {
  stderr.write(`not verified: ${error instanceof Error ? error.message : String(error)}\n`);
  exit(1);
}

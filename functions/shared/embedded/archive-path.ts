// Archive paths as file paths: upper case and Windows' device names are escaped with `~`, so that all file systems keep all paths apart.
import { join } from 'node:path';

const deviceName = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/;

const toFilePart = (part: string): string => {
  const lower = part.replace(/[A-Z]/g, (letter) => `~${letter.toLowerCase()}`);
  return deviceName.test(lower) || lower.endsWith('.') ? `${lower}~` : lower;
};

/** @returns the archive's name of a file or folder */
export const fromFilePart = (part: string): string =>
  part.replace(/~([a-z])/g, (_, letter: string) => letter.toUpperCase()).replace(/~$/, '');

/** @param path checked by `assertArchivePath` */
export const toFilePath = (root: string, path: string): string => join(root, ...path.split('/').map(toFilePart));

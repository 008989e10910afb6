import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import type { Logger } from '../observe/logger.ts';

const FILE = 'sticky.key';
const BYTES = 32;

/**
 * The key of sticky cookies (rule F9), kept in the data folder, so that visitors find their server again after a restart. Made at the
 * first start. Where it can be neither read nor written, one for this run, and a warning.
 */
export async function openStickyKey(dataDir: string, logger: Pick<Logger, 'warn'>): Promise<Uint8Array> {
  const path = join(dataDir, FILE);
  const key = randomBytes(BYTES);
  try {
    const kept = await readKey(path);
    if (kept !== undefined) return kept;
    await writeFileAtomic(path, `${key.toString('hex')}\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ path, reason }, 'the key of sticky cookies cannot be kept: after a restart visitors are bound anew');
  }
  return key;
}

/** Undefined: there is none yet. */
async function readKey(path: string): Promise<Uint8Array | undefined> {
  const text = await readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'hex');
  if (key.length !== BYTES) throw new Error('it is not 64 hexadecimal digits; remove the file to have a new one');
  return key;
}

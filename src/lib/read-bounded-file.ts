import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What a path leads to is not what is wanted there: no file, or one that is too large. */
export class UnfitFileError extends Error {
  readonly code = 'file_unfit';
}

/**
 * The content of a file that somebody named. It never waits for a pipe or a device, and never holds more than `maxBytes`. Rejects with the
 * system's error, or with `UnfitFileError`.
 */
export async function readBoundedFile(path: string, maxBytes: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new UnfitFileError('it is no file');
    if (facts.size > maxBytes) throw tooLarge(maxBytes);
    return await readAll(file, maxBytes);
  } finally {
    await file.close();
  }
}

/** A file may grow while it is read, and some of the system's own say that they are empty. */
async function readAll(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): UnfitFileError {
  return new UnfitFileError(`it is larger than ${maxBytes} bytes`);
}

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** Why a file is of no use, and what to do. */
export interface FileFault {
  readonly message: string;
  readonly hint: string;
}

interface Known<Content> {
  readonly stamp: string;
  readonly result: Content | FileFault;
}

/**
 * Reads files that labels name. A file is read again only when it changed; the answer of a whole configuration costs one look at
 * each file. Never throws and never waits for a device.
 */
export class WatchedFiles<Content> {
  private readonly files = new Map<string, Known<Content>>();
  private asked = new Set<string>();
  private readonly parse: (text: string, path: string) => Content | FileFault;
  private readonly maxBytes: number;
  private readonly kind: string;

  /** `parse` gets latin1 text of at most `maxBytes`; `kind` is what hints call such a file. */
  constructor(parse: (text: string, path: string) => Content | FileFault, maxBytes: number, kind: string) {
    this.parse = parse;
    this.maxBytes = maxBytes;
    this.kind = kind;
  }

  read(path: string): Content | FileFault {
    this.asked.add(path);
    const stamp = stampOf(path);
    const known = this.files.get(path);
    if (known?.stamp === stamp) return known.result;
    const result = this.readFile(path);
    this.files.set(path, { stamp, result });
    return result;
  }

  /** Begins a configuration: only files that are asked for from here on are watched. */
  begin(): void {
    this.asked = new Set();
  }

  /** Whether a file of the current configuration is not what it was when it was read. */
  get hasChanged(): boolean {
    for (const path of this.files.keys()) if (!this.asked.has(path)) this.files.delete(path);
    return [...this.files].some(([path, { stamp }]) => stampOf(path) !== stamp);
  }

  private readFile(path: string): Content | FileFault {
    const { maxBytes, kind } = this;
    const noFile = { message: `${path} is no file`, hint: `name a ${kind}` };
    let file: number | undefined;
    try {
      // A label may name anything: some devices act when they are opened, and a pipe must not hold up the control plane, also
      // when it takes the place of a file between the two looks.
      if (!statSync(path).isFile()) return noFile;
      file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      if (!fstatSync(file).isFile()) return noFile;
      const bytes = Buffer.alloc(maxBytes + 1);
      const length = fill(file, bytes);
      if (length > maxBytes) {
        return { message: `${path} is larger than ${maxBytes} bytes`, hint: `name a ${kind} with what is needed only` };
      }
      return this.parse(bytes.toString('latin1', 0, length), path);
    } catch (error) {
      return {
        message: `${path} cannot be read: ${codeOf(error)}`,
        hint: 'mount it into the container of the router, readable; it is picked up by itself',
      };
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
}

/** Changes when the file may have. */
function stampOf(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    return codeOf(error);
  }
}

function fill(file: number, bytes: Buffer): number {
  let length = 0;
  for (;;) {
    const read = readSync(file, bytes, length, bytes.length - length, null);
    length += read;
    if (read === 0 || length === bytes.length) return length;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

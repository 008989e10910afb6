/** The store cannot be used as it should. A value, because the router goes on without it. */
export interface StoreFault {
  readonly code: 'store_unwritable' | 'store_unreadable' | 'store_version';
  readonly message: string;
  readonly hint: string;
}

const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'give the user that runs Sluice write access to this folder',
  EPERM: 'give the user that runs Sluice write access to this folder',
  EROFS: 'mount a volume that can be written here (compose: `volumes: [sluice-data:/data]`), or set --data',
  ENOSPC: 'free space on this file system; certificates need a few kilobytes each',
  EDQUOT: 'raise the disk quota; certificates need a few kilobytes each',
  EBUSY: 'mount a folder, not a single file: files in it are replaced, which a mounted file does not allow',
  ENOTDIR: 'a part of this path is a file: remove it, or set --data to another folder',
  EISDIR: 'a folder stands where a file should be: remove it',
};

/** Puts a failed file operation into words a person can act on. */
export function describeStoreFault(code: StoreFault['code'], path: string, cause: unknown): StoreFault {
  const systemCode =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  const detail = systemCode ?? (cause instanceof Error ? cause.message : String(cause));
  const verb = code === 'store_unwritable' ? 'write' : 'read';
  return {
    code,
    message: `cannot ${verb} ${path}: ${detail}`,
    hint: HINTS[systemCode ?? ''] ?? 'check the folder given by --data',
  };
}

import { closeSync, openSync } from 'node:fs';

/**
 * Whether the process could open one more file or socket. Without a free descriptor Node's event loop accepts and closes waiting
 * connections from a reserve of its own (`uv__emfile_trick`) and tells nobody, so that only looking finds it.
 */
export function hasFreeDescriptor(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'EMFILE' && code !== 'ENFILE';
  }
}

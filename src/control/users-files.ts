import { type HtpasswdFault, type HtpasswdUser, isHtpasswdFault, parseHtpasswdUser } from '../config/htpasswd.ts';
import { WatchedFiles } from './watched-files.ts';

type Users = { readonly users: readonly HtpasswdUser[] };

/** Three thousand users with bcrypt hashes; every router that asks for them has them in its snapshot. */
const MAX_BYTES = 262_144;

/** Reads the htpasswd files that labels name. A fault tells the line and never what stands there: a label may name any file. */
export class UsersFiles {
  private readonly files = new WatchedFiles<Users>(parseUsersFile, MAX_BYTES, 'htpasswd file');

  readonly read = (path: string): Users | HtpasswdFault => this.files.read(path);

  /** Begins a configuration: only files that are asked for from here on are watched. */
  begin(): void {
    this.files.begin();
  }

  /** Whether a file of the current configuration is not what it was when it was read. */
  get hasChanged(): boolean {
    return this.files.hasChanged;
  }
}

/** One user a line; empty lines and comments are left out. All of them must be right. */
function parseUsersFile(latin1: string, path: string): Users | HtpasswdFault {
  const users: HtpasswdUser[] = [];
  for (const [index, line] of Buffer.from(latin1, 'latin1').toString('utf8').split('\n').entries()) {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) continue;
    const parsed = parseHtpasswdUser(entry);
    if (isHtpasswdFault(parsed)) {
      const message = `line ${index + 1} of ${path} is no user with a hash that is known here`;
      return { message, hint: 'write lines with htpasswd -B FILE NAME' };
    }
    users.push(parsed);
  }
  return users.length > 0 ? { users } : { message: `${path} has no user`, hint: 'add one with htpasswd -B FILE NAME' };
}

export type PasswordVerdict = 'right' | 'wrong' | 'unavailable';

/** Judges passwords off the data plane's event loop. */
export interface PasswordCheck {
  /**
   * Whether `password` (octets) is the one that the hash `stored` was made of. `user` is whom the visitor claims to be. A verdict
   * that is known is given at once; undefined: too many are waiting. The promise never rejects.
   */
  check(user: string, stored: string, password: string): PasswordVerdict | Promise<PasswordVerdict> | undefined;
}

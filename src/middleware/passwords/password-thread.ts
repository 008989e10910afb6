import { parentPort } from 'node:worker_threads';
import { verifyPassword } from './verify-password.ts';

/** What a thread is asked; the answer is a boolean. */
export interface PasswordQuestion {
  /** As octets. */
  readonly password: string;
  readonly stored: string;
}

if (parentPort !== null) {
  const port = parentPort;
  port.on('message', ({ password, stored }: PasswordQuestion) => {
    port.postMessage(verifyPassword(Buffer.from(password, 'latin1'), stored));
  });
}

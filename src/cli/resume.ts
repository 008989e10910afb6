import type { ListenAddress } from '../config/static-config.ts';
import { askRouter } from './admin-client.ts';
import type { ChangeAnswer } from './pause.ts';
import { takeOperand } from './read-arguments.ts';

/** Arguments of `sluice resume`, and those that are left for the router's own options. */
export interface ResumeArguments {
  readonly host: string;
  readonly rest: readonly string[];
}

export const RESUME_USAGE = 'usage: sluice resume HOST\n';

/** Reads the arguments; a text is what is wrong with them. */
export function readResumeArguments(args: readonly string[]): ResumeArguments | string {
  const { operand: host, rest } = takeOperand(args);
  return host === undefined ? 'the host is missing' : { host, rest };
}

/** `sluice resume`: ends a pause. Exit code 0, 1 when the host is not paused, 2 when the router cannot be asked. */
export async function runResume(
  { host }: ResumeArguments,
  admin: ListenAddress | undefined,
  { out, err }: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): Promise<number> {
  return askRouter('resume', admin, {
    err,
    run: async (client) => {
      const answer = (await client.post('/api/resume', { host }, 'services')) as ChangeAnswer;
      if ('error' in answer) {
        err(`sluice: ${answer.error}\n`);
        return 1;
      }
      out(`${host} goes on\n`);
      return 0;
    },
  });
}

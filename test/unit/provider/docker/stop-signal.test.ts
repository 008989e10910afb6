import { expect, test } from 'vitest';
import type { DockerApi } from '../../../../src/provider/docker/docker-api.ts';
import { isStopSignal, signalNumber } from '../../../../src/provider/docker/stop-signal.ts';

test.for<[string, number | undefined]>([
  ['SIGTERM', 15],
  ['quit', 3],
  ['28', 28],
  ['SIGWINCH', 28],
  ['SIGRTMIN', 34],
  ['SIGRTMIN+3', 37],
  ['RTMAX-2', 62],
  ['', undefined],
  ['TERMINAL', undefined],
  ['150', undefined],
  ['__proto__', undefined],
])('%s is number %s', ([text, number]) => {
  expect(signalNumber(text)).toBe(number);
});

const api = (answer: () => Promise<string | undefined>) => ({ stopSignal: answer }) as unknown as DockerApi;

test.for<[string, string, string | undefined, boolean]>([
  ['the one of the image', 'WINCH', 'SIGWINCH', true],
  ['the one of the image, by number', '3', 'SIGQUIT', true],
  ['another than that of the image', 'HUP', 'SIGQUIT', false],
  ['QUIT, where the image says another', 'QUIT', 'SIGWINCH', false],
  ['QUIT, where the image says nothing', 'QUIT', undefined, false],
  ['one that is none', 'NOPE', 'SIGNOPE', false],
])('%s', async ([, sent, said, isStop]) => {
  expect(
    await isStopSignal(
      api(async () => said),
      'c',
      sent,
    ),
  ).toBe(isStop);
});

test.for<[string, boolean]>([
  ['QUIT', true],
  ['2', true],
  ['HUP', false],
  ['WINCH', false],
])('where nobody may ask, %s: %s', async ([sent, isStop]) => {
  const refusing = api(async () => {
    throw new Error('403');
  });
  expect(await isStopSignal(refusing, 'c', sent)).toBe(isStop);
});

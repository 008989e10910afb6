import { expect, test } from 'vitest';
import { canAskClients } from '../../../src/worker/ask-client.ts';

test('this Node lets clients of single hosts be asked; else such hosts are refused, and the code needs another way', () => {
  expect(canAskClients()).toBe(true);
});

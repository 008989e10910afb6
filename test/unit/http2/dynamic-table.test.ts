import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DynamicTable, type FieldEntry } from '../../../src/http2/dynamic-table.ts';

/** RFC 7541 4, read aloud. */
class Model {
  entries: FieldEntry[] = [];
  most: number;

  constructor(most: number) {
    this.most = most;
  }

  add(entry: FieldEntry): void {
    this.entries.unshift(entry);
    this.trim();
  }

  trim(): void {
    const size = (): number => this.entries.reduce((sum, { name, value }) => sum + name.length + value.length + 32, 0);
    while (size() > this.most) this.entries.pop();
  }
}

test('is what a naive model is, after any steps', () => {
  const size = fc.integer({ min: 0, max: 4096 });
  const add = fc.record({ name: fc.string({ maxLength: 5 }), value: fc.nat(300).map((n) => 'v'.repeat(n)) });
  fc.assert(
    fc.property(size, fc.array(fc.oneof({ weight: 12, arbitrary: add }, size), { maxLength: 300 }), (most, steps) => {
      const table = new DynamicTable(most);
      const model = new Model(most);
      for (const step of steps) {
        if (typeof step === 'number') {
          table.resize(step);
          model.most = step;
          model.trim();
        } else {
          table.add(step);
          model.add(step);
        }
        expect(table.length).toBe(model.entries.length);
      }
      expect(Array.from({ length: table.length + 2 }, (_, index) => table.at(index))).toEqual([
        ...model.entries,
        undefined,
        undefined,
      ]);
    }),
    { numRuns: 300 },
  );
});

test('keeps nothing of what was evicted, however many there were', () => {
  const table = new DynamicTable(100);
  for (let n = 0; n < 10_000; n++) table.add({ name: 'n', value: String(n) });
  const { entries } = table as unknown as { readonly entries: readonly unknown[] };
  expect([table.length, entries.length < 200]).toEqual([2, true]);
});

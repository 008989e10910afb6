/** What an entry takes beside its octets (RFC 7541 4.1). */
const ENTRY_OVERHEAD = 32;

/** A field as tables hold it; text is latin1. */
export interface FieldEntry {
  readonly name: string;
  readonly value: string;
}

/** A dynamic table (RFC 7541 2.3.2): the newest entry has index 0. */
export class DynamicTable<Entry extends FieldEntry = FieldEntry> {
  /** Oldest first; those before `first` are gone. */
  private entries: (Entry | undefined)[] = [];
  private first = 0;
  private bytes = 0;
  private most: number;

  constructor(maxBytes: number) {
    this.most = maxBytes;
  }

  get length(): number {
    return this.entries.length - this.first;
  }

  /** Entries that are too many for it go, the oldest first (RFC 7541 4.3). */
  resize(maxBytes: number): void {
    this.most = maxBytes;
    this.evict(0);
  }

  at(index: number): Entry | undefined {
    return index < this.length ? this.entries[this.entries.length - 1 - index] : undefined;
  }

  /** One that is larger than the table empties it, which is no error (RFC 7541 4.4). */
  add(entry: Entry): void {
    const size = sizeOf(entry);
    this.evict(size);
    if (size > this.most) return;
    this.entries.push(entry);
    this.bytes += size;
  }

  private evict(room: number): void {
    while (this.bytes + room > this.most && this.length > 0) {
      const oldest = this.entries[this.first]!;
      this.entries[this.first++] = undefined;
      this.bytes -= sizeOf(oldest);
    }
    if (this.first < 64 || this.first * 2 < this.entries.length) return;
    this.entries = this.entries.slice(this.first);
    this.first = 0;
  }
}

function sizeOf({ name, value }: FieldEntry): number {
  return name.length + value.length + ENTRY_OVERHEAD;
}

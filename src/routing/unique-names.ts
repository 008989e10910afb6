/** Names that no two routers of a snapshot may share: by them the data plane tells routers apart. */
export class UniqueNames {
  private readonly taken: Set<string>;

  /** `given`: names that people chose; what we make keeps clear of them. */
  constructor(given: readonly string[]) {
    this.taken = new Set(given);
  }

  /** The name, or the first of `<name>-2`, `<name>-3`, … that is free; the provider stays at the end. */
  take(name: string): string {
    const at = name.lastIndexOf('@');
    let free = name;
    for (let count = 2; this.taken.has(free); count++) free = `${name.slice(0, at)}-${count}${name.slice(at)}`;
    this.taken.add(free);
    return free;
  }
}

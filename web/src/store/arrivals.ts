// A list that was asked for may be older than what came while it was on its way. Pure.
interface Item {
  id: string;
  version: number;
}

export class Arrivals<T extends Item> {
  private readonly watched = new Set<Map<string, T | null>>();

  /** What was heard of one thing: how it is now, or null if it is gone. */
  note(id: string, item: T | null): void {
    for (const heard of this.watched) heard.set(id, item);
  }

  /** The list that `ask` brings, with what is noted until it is here. */
  async during(ask: () => Promise<readonly T[]>): Promise<ReadonlyMap<string, T>> {
    const heard = new Map<string, T | null>();
    this.watched.add(heard);
    try {
      const found = new Map((await ask()).map((item) => [item.id, item]));
      for (const [id, item] of heard) {
        if (!item) found.delete(id);
        else if (!((found.get(id)?.version ?? 0) >= item.version)) found.set(id, item);
      }
      return found;
    } finally {
      this.watched.delete(heard);
    }
  }
}

/** Does `work` for every item, at most `width` at a time, in order of starting. The first failure ends it. */
export async function inParallel<Item>(
  items: Item[],
  width: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}

const firstMs = 50;
const longestMs = 20_000;

/** How long to wait before the try after `failures` failed ones: up to twice as long each time, at random. */
export function backoffMs(failures: number, random: () => number): number {
  return Math.ceil(random() * Math.min(longestMs, firstMs * 2 ** failures));
}

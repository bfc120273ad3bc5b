const units: [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** How far a time (RFC 3339) is from `now` (ms), in the largest fitting unit: `in 4 s`, `3 min ago`. */
export function relativeTime(time: string, now: number): string {
  const distance = Date.parse(time) - now;
  const [size, unit] = units.find(([ms]) => Math.abs(distance) >= ms) ?? [1000, 's'];
  const count = Math.round(Math.abs(distance) / size);
  if (count === 0) return 'now';
  return distance > 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}

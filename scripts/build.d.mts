export function build(options?: {
  root?: string;
  /** Take dist/ as it is. */
  skip?: boolean;
  say?: (line: string) => void;
}): Promise<{ built: boolean; bundle: string }>;

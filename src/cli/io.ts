/** The world of one CLI call. Data goes to `out`, talk to `err`. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** All of standard input, for `-f -`. */
  stdin?(): string;
  /** Puts a question to the person at the terminal; absent where there is none. */
  ask?(question: string): Promise<string>;
  /** The same, without showing what is typed. */
  askSecret?(question: string): Promise<string>;
  /** Whether people read the output: colours are for them alone. */
  colour: boolean;
  /** Where something may be drawn and redrawn, if people watch. */
  terminal?: NodeJS.WritableStream;
}

import { spawn } from 'node:child_process';

export interface CommandResult {
  /** Exit code; null when the command could not be started or was ended by its time limit. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, bounded in time. Never rejects: a program that is missing is a result with `code` null. */
export type RunCommand = (
  command: string,
  args: string[],
  options: { timeoutMs: number; env?: NodeJS.ProcessEnv },
) => Promise<CommandResult>;

const keptBytes = 64 * 1024;

export const runCommand: RunCommand = (command, args, { timeoutMs, env }) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      env,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout = (stdout + data).slice(-keptBytes);
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr = (stderr + data).slice(-keptBytes);
    });
    child.once('error', (error) => resolve({ code: null, stdout, stderr: stderr || error.message }));
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });

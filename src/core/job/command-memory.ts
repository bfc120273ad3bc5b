import type { JobCarry } from '../contract.js';

const kept = 50;

/** Ids of recent commands and keys of recent triggers: what was done once is not done again. Outlives continue-as-new. */
export class CommandMemory {
  constructor(private readonly carry: Pick<JobCarry, 'recentCommands'>) {}

  has(id: string): boolean {
    return this.carry.recentCommands.includes(id);
  }

  /** Whether the id came before. Remembers it. */
  seen(id: string): boolean {
    if (this.has(id)) return true;
    this.carry.recentCommands.push(id);
    if (this.carry.recentCommands.length > kept) this.carry.recentCommands.shift();
    return false;
  }
}

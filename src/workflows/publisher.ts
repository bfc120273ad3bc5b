import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes } from '../core/contract.js';
import type { JobState } from '../core/job/job-state.js';
import { detailsOf } from './details.js';

/** What people see of a job in the Temporal Web UI and find it by. */
export class Publisher {
  #shown: string;

  /** The attributes of the state as it is now are known to the server: from the start, or from the execution before. */
  constructor(private readonly state: JobState) {
    this.#shown = JSON.stringify(this.#attributes());
  }

  /** Details are free. Search attributes cost an event each time they change, so they follow commands, not runs. */
  publish(): void {
    setCurrentDetails(detailsOf(this.state));
    const attributes = this.#attributes();
    const text = JSON.stringify(attributes);
    if (text === this.#shown) return;
    this.#shown = text;
    upsertSearchAttributes(attributes);
  }

  /** A job that ends by itself is told by the workflow's own status. */
  #attributes() {
    const { definition, pause, state } = this.state.job;
    return {
      [searchAttributes.task]: [definition.task],
      [searchAttributes.state]: [pause ? 'paused' : state === 'cancelled' ? 'cancelled' : 'scheduled'],
      [searchAttributes.owner]: definition.owner ? [definition.owner] : [],
      [searchAttributes.priority]: [definition.priority],
    };
  }
}

import { durationMs } from '../../../core/duration.js';
import { giveUp } from '../../../core/task/outcome.js';
import { defineTask } from '../../../core/task/task.js';
import { emailInput } from './input.js';
import { Journal } from './journal.js';
import { Messages } from './messages.js';
import { Round } from './round.js';

/** Of those who were not reached, so many are named in the result. */
const mostNamed = 100;

/**
 * Sends a message to each recipient, at most once for each address in a run, whatever dies. Result: `{recipients, sent,
 * rejected, unknown, notReached}`. Fails with SMTP_UNREACHABLE, SMTP_REFUSED, EMAIL_DEFERRED or TEMPLATE_INVALID.
 */
export const emailTask = defineTask({
  name: 'email',
  description: 'Sends mail by SMTP, each address at most once in a run.',
  timeout: 'PT1H',
  input: emailInput,
  async run(context, input) {
    const messages = await Messages.open(context, input);
    const { recipients } = messages;
    const journal = await Journal.open(context, messages.digest, recipients.length);
    for (const index of journal.all('unknown')) {
      context.log.warn('Not known whether this one was sent; not sent again.', { address: recipients[index]?.address });
    }
    const round = new Round(context, messages, journal, durationMs(input.timeout, 'timeout'));
    await round.run(input.chunk);
    const [sent, rejected, unknown] = (['sent', 'rejected', 'unknown'] as const).map((state) => journal.count(state));
    const notReached = journal.all('rejected', 'unknown').map((index) => {
      const reason = journal.reason(index) ?? 'Not known whether it was sent.';
      return { address: recipients[index]?.address, reason };
    });
    if (rejected === recipients.length) {
      return giveUp(`The mail server refused all ${rejected} recipients, the first with: ${notReached[0]?.reason}`);
    }
    return { recipients: recipients.length, sent, rejected, unknown, notReached: notReached.slice(0, mostNamed) };
  },
});

/** Process entry: brings the schema of CARILLON_DATABASE_URL up to date, then ends. For deployments without `npm start`. */
import { CarillonError } from '../core/errors.js';
import { createStore } from '../store/store.js';

const url = process.env.CARILLON_DATABASE_URL;
try {
  if (!url) {
    throw new CarillonError('CONFIG_INVALID', 'Expected `CARILLON_DATABASE_URL` to be set, got nothing.', {
      field: 'CARILLON_DATABASE_URL',
      hint: 'Set it to a PostgreSQL address: postgresql://user:password@host:5432/database.',
    });
  }
  const store = createStore({ url });
  const applied = await store.migrate();
  await store.close();
  process.stdout.write(
    `${applied.length ? `Applied ${applied.join(', ')}` : 'Nothing to apply: the schema is up to date'}\n`,
  );
} catch (error) {
  if (!(error instanceof CarillonError)) throw error;
  process.stderr.write(
    `error ${error.code}: ${error.message}\n  → ${error.details.hint ?? 'See the cause in the database log.'}\n`,
  );
  process.exitCode = 1;
}

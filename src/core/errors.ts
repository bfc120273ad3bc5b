/**
 * Every error a person or a program can meet, by its stable code. The code is what to branch on; messages may
 * change. `status` is the HTTP status the API answers with; run failures never reach HTTP and carry 500.
 */
export const errorCodes = {
  INPUT_INVALID: { status: 400, summary: 'A field of the request is missing, unknown or malformed.' },
  SCHEDULE_INVALID: { status: 400, summary: 'The schedule cannot be read.' },
  SCHEDULE_NEVER_FIRES: { status: 400, summary: 'The schedule has no occurrence left.' },
  CRON_INVALID: { status: 400, summary: 'The cron expression cannot be read.' },
  RRULE_INVALID: { status: 400, summary: 'The recurrence rule cannot be read, or matches no date.' },
  CALENDAR_INVALID: { status: 400, summary: 'A rule of a calendar, or an iCalendar text, cannot be read.' },
  CALENDAR_NOT_FOUND: { status: 404, summary: 'There is no such calendar in this project.' },
  TIMEZONE_UNKNOWN: { status: 400, summary: 'The time zone is not in the IANA database.' },
  DURATION_INVALID: { status: 400, summary: 'The duration is neither ISO 8601 (PT1H30M) nor short form (1h30m).' },
  TIME_INVALID: { status: 400, summary: 'The time is not ISO 8601 with an offset or a zone.' },
  TASK_UNKNOWN: { status: 400, summary: 'No task of that name is registered.' },
  TASK_INPUT_INVALID: { status: 400, summary: "The input does not fit the task's schema." },
  TASK_INVALID: { status: 400, summary: 'A task definition cannot be registered.' },
  TASK_MODULE_BROKEN: { status: 500, summary: 'A module of tasks does not load; the tasks of the others do.' },
  LIGHT_BOUND_EXCEEDED: { status: 400, summary: 'The light lane is for attempts of at most 2 s.' },
  PAYLOAD_TOO_LARGE: { status: 413, summary: 'The input is larger than the limit.' },
  FILE_INVALID: { status: 400, summary: 'A job file cannot be read.' },
  CURSOR_INVALID: { status: 400, summary: 'The page cursor is not one this API issued for this query.' },
  JOB_EXISTS: { status: 409, summary: 'The job id is taken.' },
  IDEMPOTENCY_MISMATCH: { status: 422, summary: 'The idempotency key was used before with another definition.' },
  JOB_NOT_FOUND: { status: 404, summary: 'There is no such job in this project.' },
  JOB_CLOSED: { status: 409, summary: 'The job has ended and takes no more commands.' },
  JOB_CHANGED: { status: 409, summary: 'The definition of the job is not of the version that was expected.' },
  JOB_BUSY: { status: 409, summary: 'A run is in progress and the overlap policy allows no other.' },
  VERSION_NOT_FOUND: { status: 404, summary: 'The job never had a definition of this version.' },
  CALENDAR_CHANGED: { status: 409, summary: 'The calendar is not of the revision that was expected.' },
  CALENDAR_IN_USE: { status: 409, summary: 'Open jobs name the calendar; it cannot be deleted.' },
  RUN_NOT_FOUND: { status: 404, summary: 'There is no such run in this project.' },
  RUN_ENDED: { status: 409, summary: 'The run has ended: there is nothing to cancel.' },
  RUN_NOT_FAILED: { status: 409, summary: 'The run did not fail: there is nothing to repeat or to dismiss.' },
  BACKFILL_EXISTS: { status: 409, summary: 'The id of the backfill is taken by another one.' },
  BACKFILL_NOT_FOUND: { status: 404, summary: 'There is no such backfill in this project.' },
  BACKFILL_CLOSED: { status: 409, summary: 'The backfill has ended and takes no more commands.' },
  OBJECT_KEY_INVALID: { status: 400, summary: 'The name of an object is not one that every object store takes.' },
  OBJECT_NOT_FOUND: { status: 404, summary: 'The object store has no such object.' },
  OBJECTS_UNAVAILABLE: { status: 503, summary: 'The object store does not take or give.' },
  RESULT_LOCATION_FORBIDDEN: { status: 400, summary: 'Results may not be written to this `resultLocation`.' },
  RESULT_NOT_FOUND: { status: 404, summary: 'The run has no result, or it is no longer where it was put.' },
  SECRET_UNKNOWN: { status: 500, summary: 'The worker has no secret of this name.' },
  SECRET_INVALID: { status: 500, summary: 'The secret cannot be used: it is too short to be masked, or too long.' },
  UNAUTHENTICATED: { status: 401, summary: 'The request names no caller, or its credentials are not good any more.' },
  FORBIDDEN: { status: 403, summary: 'The caller may see this, but not do what was asked.' },
  IDENTITY_PROVIDER_UNAVAILABLE: { status: 503, summary: 'The identity provider does not answer as it should.' },
  PROJECT_NOT_FOUND: { status: 404, summary: 'There is no such project for this caller.' },
  PROJECT_EXISTS: { status: 409, summary: 'The name of the project is taken.' },
  MEMBER_NOT_FOUND: { status: 404, summary: 'The project has no such member.' },
  KEY_NOT_FOUND: { status: 404, summary: 'The project has no such API key.' },
  SECRET_NOT_FOUND: { status: 404, summary: 'The project has no such secret.' },
  OPERATION_NOT_FOUND: { status: 404, summary: 'There is no such operation in this project.' },
  OPERATION_CLOSED: { status: 409, summary: 'The operation has ended.' },
  PRECONDITION_FAILED: { status: 412, summary: 'The resource is not as `If-Match` expects it.' },
  IDEMPOTENCY_IN_FLIGHT: {
    status: 409,
    summary: 'The first request with this idempotency key is still being answered.',
  },
  METHOD_NOT_ALLOWED: { status: 405, summary: 'The path does not take this method.' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, summary: 'The body is of a type that the path does not take.' },
  RATE_LIMITED: { status: 429, summary: 'Too many requests; `Retry-After` says when to come back.' },
  QUOTA_EXCEEDED: { status: 429, summary: 'The quota of the project is used up.' },
  ENCRYPTION_KEY_UNKNOWN: {
    status: 500,
    summary: 'What is stored was sealed with a key that this process does not have.',
  },
  DECRYPTION_FAILED: { status: 500, summary: 'What is stored sealed was altered, or belongs elsewhere.' },
  PROCEDURE_NOT_FOUND: { status: 404, summary: 'The API has no such procedure.' },
  LIMIT_EXCEEDED: { status: 429, summary: 'A limit was reached; try again later.' },
  TEMPORAL_UNAVAILABLE: { status: 503, summary: 'The Temporal server does not answer.' },
  STORE_UNAVAILABLE: { status: 503, summary: 'The database does not answer.' },
  WORKER_UNAVAILABLE: { status: 503, summary: 'No worker answered in time; the command was not confirmed.' },
  API_UNREACHABLE: { status: 503, summary: 'The API does not answer at its address.' },
  CONFIG_INVALID: { status: 500, summary: 'A setting is missing or malformed.' },
  INTERNAL: { status: 500, summary: 'An error nobody foresaw.' },
  TASK_FAILED: { status: 500, summary: 'The task threw an error without a code of its own.' },
  TASK_OUTPUT_INVALID: { status: 500, summary: "The task's result does not fit its own schema." },
  RETRY_LATER: { status: 500, summary: 'The task asked for another attempt later, and none was left.' },
  GAVE_UP: { status: 500, summary: 'The task said that no further attempt could help.' },
  TASK_EXITED: { status: 500, summary: "The process of the task's host ended in mid-attempt." },
  TASK_OUT_OF_MEMORY: { status: 500, summary: 'The attempt used more memory than its host may have.' },
  HTTP_STATUS: { status: 500, summary: 'The HTTP task got a status it did not expect.' },
  HTTP_UNREACHABLE: { status: 500, summary: 'The HTTP task could not reach the address.' },
  STEPS_UNAVAILABLE: { status: 500, summary: 'No container engine answers, and steps may not run as processes.' },
  STEP_FAILED: { status: 500, summary: 'A step ended with an exit code other than 0, or could not start.' },
  STEP_TIMEOUT: { status: 500, summary: 'A step ran longer than its timeout.' },
  IMAGE_FORBIDDEN: { status: 500, summary: 'The configuration does not allow the image.' },
  NETWORK_FORBIDDEN: { status: 500, summary: 'The configuration allows steps no network.' },
  ENGINE_FAILED: { status: 500, summary: 'The container engine answered with an error, or no longer.' },
  CONNECTION_UNKNOWN: { status: 500, summary: 'No database connection of that name is configured.' },
  DATABASE_UNAVAILABLE: { status: 500, summary: "A task's database does not answer, or was too busy." },
  SQL_FAILED: { status: 500, summary: 'The database refused a statement of a task.' },
  SQL_PARAMETER_INVALID: { status: 500, summary: 'A parameter of a statement cannot be sent to the database.' },
  SQL_TIMEOUT: { status: 500, summary: 'A statement ran longer than statementTimeout.' },
  ETL_VALUE_INVALID: { status: 500, summary: 'A value of a row cannot be turned into what the mapping asks for.' },
  DYNAMODB_FAILED: { status: 500, summary: 'DynamoDB refused a request.' },
  DYNAMODB_THROTTLED: { status: 500, summary: 'DynamoDB kept throttling after every back-off.' },
  HTTP_ADDRESS_FORBIDDEN: { status: 500, summary: 'The address is not public, and its network is not allowed.' },
  HTTP_TOO_LARGE: { status: 500, summary: 'The answer to the HTTP task is larger than `maxBytes`.' },
  HTTP_RESULT_MISSING: { status: 500, summary: 'The answer is not JSON, or holds nothing at `result`.' },
  TEMPLATE_INVALID: {
    status: 500,
    summary: 'A template cannot be filled in: a variable is missing, or a limit was met.',
  },
  SMTP_UNREACHABLE: { status: 500, summary: 'The mail server does not answer.' },
  SMTP_REFUSED: { status: 500, summary: 'The mail server refuses the login, the sender or all recipients.' },
  EMAIL_DEFERRED: { status: 500, summary: 'The mail server put recipients off; another attempt sends to those only.' },
  TIMEOUT_ATTEMPT: { status: 500, summary: 'An attempt ran longer than timeouts.attempt.' },
  TIMEOUT_RUN: { status: 500, summary: 'The run took longer than timeouts.run, retries included.' },
  WORKFLOW_CANCELLED: { status: 500, summary: 'The workflow that is the run was cancelled by somebody.' },
  WORKFLOW_TERMINATED: { status: 500, summary: 'The workflow that is the run was terminated.' },
  WORKFLOW_TIMED_OUT: { status: 500, summary: 'The workflow that is the run took longer than its executionTimeout.' },
  FAN_OUT_FAILED: { status: 500, summary: 'More members of a fan-out failed than onFailure allows.' },
  FAN_OUT_SOURCE_INVALID: {
    status: 500,
    summary: 'What should list the members of a fan-out answered something else.',
  },
  WORKER_LOST: { status: 500, summary: 'The worker stopped beating in mid-attempt and no attempt was left.' },
} as const satisfies Record<string, { status: number; summary: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** One fault of one field, with its path in dotted form (`schedule.cron`). */
export interface FieldFault {
  field: string;
  message: string;
  value?: unknown;
}

export interface ErrorDetails {
  /** Path of the field at fault, dotted: `input.url`. */
  field?: string;
  /** The value as it was given. */
  value?: unknown;
  /** What to do next, as one sentence. */
  hint?: string;
  /** All faults, when there are several. */
  faults?: FieldFault[];
}

/** The only error class. It carries data; how it looks to HTTP or to Temporal is decided at the two edges. */
export class CarillonError extends Error {
  override readonly name = 'CarillonError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCodes, value);
}

/** A short, safe rendering of any value for an error message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (value === undefined) return 'nothing';
  try {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  } catch {
    return String(value);
  }
}

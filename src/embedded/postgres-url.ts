/** Name of the socket file that a PostgreSQL driver looks for in the folder it is given as host. */
export const socketFile = '.s.PGSQL.5432';

/** Longest path of a unix socket that every platform takes, in bytes. */
export const longestSocketPath = 100;

/** Address of a PostgreSQL server that listens on a socket in this folder. */
export function postgresUrl(socketFolder: string): string {
  return `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(socketFolder)}`;
}

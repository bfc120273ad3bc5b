/** Any JSON object, such as a schema. */
export type Json = Record<string, unknown>;
/** JSON Schema of each field, by name. */
export type Fields = Record<string, Json>;

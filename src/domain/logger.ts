/**
 * The part of pino's logger that the rules and both edges use. Fields never hold a token, a signature or the path of an
 * upload.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The closed lists that labels are taken from. What is on none of them is `other`. */
import { errorCodes, graphqlCodes } from '../errors/codes.ts';

const other = 'other';

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'PATCH']);
const codes: ReadonlySet<string> = new Set([...Object.keys(errorCodes), ...Object.keys(graphqlCodes)]);

/** Codes that say that something is wrong here, rather than with a request. */
export const faultCodes: readonly string[] = Object.entries(errorCodes).flatMap(([code, { status }]) =>
  status >= 500 ? [code] : [],
);

export const methodLabel = (method: string): string => (methods.has(method) ? method : other);
export const codeLabel = (code: string): string => (codes.has(code) ? code : other);

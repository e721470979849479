/** The exit codes by which scripts know how a command ended. */
export const exitCodes = { fine: 0, foundSomething: 1, wrongUsage: 2, couldNotRun: 3 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

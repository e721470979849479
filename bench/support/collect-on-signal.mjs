/** Loaded into the measured service: garbage that V8 has not collected yet is no leak, and is collected when asked. */
process.on('SIGUSR2', () => globalThis.gc());

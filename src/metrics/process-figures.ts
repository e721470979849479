/**
 * prom-client's figures of the process: CPU, memory, file descriptors, garbage collection, and how late the event loop
 * is. They are the same for every Gridhold in a process, so there is one registry of them, made when somebody first
 * asks: who never does pays for no timer.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | null = null;

export function processFigures(): Registry {
  if (registry === null) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}

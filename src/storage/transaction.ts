import type { ClientSession } from 'mongodb';

/** A session of the app's own MongoClient with a transaction under way. */
export type CallerSession = ClientSession;

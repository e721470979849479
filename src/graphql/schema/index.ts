/** The schema: every concept's module, put together. */
import { countAnswers } from '../count-answers.ts';
import './attachment.ts';
import './document.ts';
import './file.ts';
import './file-queries.ts';
import './storage.ts';
import './third-party.ts';
import './upload.ts';
import './upload-url.ts';
import { builder } from '../builder.ts';

export const schema = countAnswers(builder.toSchema());

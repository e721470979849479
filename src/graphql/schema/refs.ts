/** The object types by name, so that the modules of their concepts may refer to each other without a cycle. */
import type {
  Attachment as AttachmentModel,
  DocumentName,
  StoredFile,
  UploadUrl as UploadUrlModel,
} from '../../domain/model.ts';
import { builder } from '../builder.ts';

export const File = builder.objectRef<StoredFile>('File');
export const Attachment = builder.objectRef<AttachmentModel>('Attachment');
export const Document = builder.objectRef<DocumentName>('Document');
export const UploadUrl = builder.objectRef<UploadUrlModel>('UploadUrl');

'use client';
/** `gridhold/react`: hooks over `gridhold/client`, for React 18 and newer. */
export { type UseFiles, useFiles } from './use-files.ts';
export { type UploadState, type UseUpload, useUpload } from './use-upload.ts';

/** The page that the chats share. It presents; how messages are loaded and sent is each chat's own. */
export type { ChatMessage, ChatUpload, ChatViewProps } from './chat-types.ts';
export { ChatView } from './chat-view.tsx';
export { shownUpload } from './shown-upload.ts';
export { useRandomName } from './use-random-name.ts';
export { wordsOf } from './words-of.ts';

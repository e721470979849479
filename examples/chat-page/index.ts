/** The page that the chats share. It presents; how messages are loaded and sent is each chat's own. */
export type { ChatMessage, ChatUpload, ChatViewProps } from './chat-types.ts';
export { ChatView } from './chat-view.tsx';
export { useRandomName } from './use-random-name.ts';
export { isWorthRepeating, wordsOf } from './words-of.ts';

/** Style sheets are Vite's to read; TypeScript only has to know that they may be imported. */
declare module '*.css';

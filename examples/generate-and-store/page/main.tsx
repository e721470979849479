/** Starts the page. */
import { createRoot } from 'react-dom/client';
import { Gallery } from './gallery.tsx';
import './style.css';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(<Gallery />);

/** uPlot with its style, which come together when there is something to draw. */
import 'uplot/dist/uPlot.min.css';

export { default } from 'uplot';

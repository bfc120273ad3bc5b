/** How a job begins is told in core, where the simulator begins one too. */
export { firstCarry, firstSnapshot } from '../../core/job/first-carry.js';

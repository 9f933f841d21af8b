import { find } from "./dom.js";

/** @import { Display } from "./display.js" */

/** In CSS pixels. One key press moves the splitter this far. */
const STEP = 16;

/** In CSS pixels; css/workbench.css has the same values in rem. */
const MIN_TASK_WIDTH = 192;
const MIN_TERMINAL_WIDTH = 480;

/**
 * The bar between task and terminal. It can be dragged and moved by keys; a double click resets it. The terminal takes its new
 * size at the end of a drag, so that the shell gets one resize.
 * @param {Display} display Stores the position.
 */
export function attach_splitter(display) {
  const splitter = find("splitter");
  const workbench = find("workbench");
  const task = find("task");
  const width = () => task.getBoundingClientRect().width;
  const limited = (/** @type {number} */ wanted) => Math.round(Math.max(MIN_TASK_WIDTH, Math.min(innerWidth - MIN_TERMINAL_WIDTH, wanted)));
  const apply = (/** @type {number | null} */ pixels) => {
    if (pixels === null) workbench.style.removeProperty("--task-chosen-width");
    else workbench.style.setProperty("--task-chosen-width", `${pixels}px`);
  };

  const describe = () => describe_position(splitter, width(), limited);
  display.subscribe(({ task_width }) => {
    apply(task_width);
    describe();
  });
  new ResizeObserver(describe).observe(task);

  splitter.addEventListener("keydown", (event) => {
    const wanted = { ArrowLeft: width() - STEP, ArrowRight: width() + STEP, Home: 0, End: Infinity }[event.key];
    if (wanted === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    display.change({ task_width: limited(wanted) });
  });
  splitter.addEventListener("dblclick", () => display.change({ task_width: null }));
  // The focus stays in the terminal.
  splitter.addEventListener("mousedown", (event) => event.preventDefault());
  splitter.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drag(splitter, event, { from: width(), move: (wanted) => apply(limited(wanted)), end: () => display.change({ task_width: limited(width()) }) });
  });
}

/** @param {HTMLElement} splitter @param {number} width @param {(wanted: number) => number} limited */
function describe_position(splitter, width, limited) {
  splitter.setAttribute("aria-valuemin", String(limited(0)));
  splitter.setAttribute("aria-valuemax", String(limited(Infinity)));
  splitter.setAttribute("aria-valuenow", String(limited(width)));
  splitter.setAttribute("aria-valuetext", `${Math.round((100 * width) / innerWidth)} % of the window`);
}

/**
 * @param {HTMLElement} splitter
 * @param {PointerEvent} begin
 * @param {{from: number, move: (width: number) => void, end: () => void}} what
 */
function drag(splitter, begin, { from, move, end }) {
  const stop = new AbortController();
  let has_moved = false;
  splitter.setPointerCapture(begin.pointerId);
  splitter.addEventListener(
    "pointermove",
    (event) => {
      has_moved = true;
      document.body.toggleAttribute("data-dragging", true);
      move(from + event.clientX - begin.clientX);
    },
    { signal: stop.signal },
  );
  splitter.addEventListener(
    "lostpointercapture",
    () => {
      stop.abort();
      document.body.toggleAttribute("data-dragging", false);
      if (has_moved) end();
    },
    { signal: stop.signal },
  );
}

import { find } from "./dom.js";

/** @import { Display } from "./display.js" */

/** How far a key moves it, in CSS pixels. */
const STEP = 16;

/** The least widths of the task and of the terminal, in CSS pixels; css/workbench.css has the same in rem. */
const LEAST_TASK = 192;
const LEAST_TERMINAL = 480;

/**
 * The bar between the task and the terminal: can be dragged and moved by keys; a double click puts it back. While it is dragged
 * the terminal keeps its size, and takes the new one at the end, so that its shell hears of one change.
 * @param {Display} display Remembers its place.
 */
export function attach_splitter(display) {
  const splitter = find("splitter");
  const workbench = find("workbench");
  const task = find("task");
  const width = () => task.getBoundingClientRect().width;
  const limited = (/** @type {number} */ wanted) => Math.round(Math.max(LEAST_TASK, Math.min(innerWidth - LEAST_TERMINAL, wanted)));
  const apply = (/** @type {number | null} */ pixels) => {
    if (pixels === null) workbench.style.removeProperty("--task-chosen-width");
    else workbench.style.setProperty("--task-chosen-width", `${pixels}px`);
  };

  const tell = () => tell_place(splitter, width(), limited);
  display.follow(({ task_width }) => {
    apply(task_width);
    tell();
  });
  new ResizeObserver(tell).observe(task);

  splitter.addEventListener("keydown", (event) => {
    const wanted = { ArrowLeft: width() - STEP, ArrowRight: width() + STEP, Home: 0, End: Infinity }[event.key];
    if (wanted === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    display.change({ task_width: limited(wanted) });
  });
  splitter.addEventListener("dblclick", () => display.change({ task_width: null }));
  // The keyboard stays with the terminal.
  splitter.addEventListener("mousedown", (event) => event.preventDefault());
  splitter.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drag(splitter, event, { from: width(), move: (wanted) => apply(limited(wanted)), end: () => display.change({ task_width: limited(width()) }) });
  });
}

/** @param {HTMLElement} splitter @param {number} width @param {(wanted: number) => number} limited */
function tell_place(splitter, width, limited) {
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

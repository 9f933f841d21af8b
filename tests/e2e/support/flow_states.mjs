/** States of a study with every kind of step, as the server sends them. */

export const CONSENT = {
  id: "consent-1",
  kind: "consent",
  number: 1,
  total: 9,
  title: "Finding files: your consent",
  text: "We record **every key you type and everything the terminal prints**.\n\nYou can leave at any time and have your data deleted. Questions? Write to [A. Researcher](mailto:a@example.org).",
  boxes: ["I am 18 or older", "I have read the text **above**, and I agree that my keys and the output of the terminal are recorded and published without my name"],
  refuse: true,
  at_least_in_seconds: 0,
  seconds_left: null,
};

export const PAGE = {
  id: "page-2",
  kind: "page",
  number: 3,
  total: 9,
  title: "How it works",
  text: "You solve **two blocks** of tasks.\n\n1. Read the task.\n2. Work in the terminal.\n\n| block | what you may use |\n| --- | --- |\n| first | the assistant |\n| second | a search engine |\n\n```\nfind css -type f\n```",
  back: true,
  at_least_in_seconds: 0,
  seconds_left: null,
};

const SCALE = { from: 1, to: 21, from_label: "very low", to_label: "very high" };

export const FORM = {
  id: "about",
  kind: "questionnaire",
  number: 2,
  total: 9,
  title: "About you",
  text: "These questions help us to compare the groups.",
  fields: [
    { name: "years", type: "number", label: "Years of work with a shell", help: "Count *each* year in which you used one.", at_least: 0, at_most: 60, required: true },
    { name: "job", type: "text", label: "What do you work as?" },
    { name: "shell", type: "choice", label: "Which shell do you use most?", options: ["bash", "zsh", "fish", "another"], required: true },
    { name: "other", type: "text", label: "Which other shell?", show_if: { field: "shell", is: "another" } },
    { name: "tools", type: "choices", label: "Which of these have you used?", options: ["find", "awk", "rsync"] },
    { name: "skill", type: "scale", label: "How well do you know it?", from: 1, to: 5, from_label: "not at all", to_label: "very well" },
    { name: "load", type: "matrix", label: "How demanding was your last task?", ...SCALE, rows: [{ name: "mental", label: "Mental demand" }, { name: "physical", label: "Physical demand" }], required: true },
    { name: "remarks", type: "paragraph", label: "Anything else?" },
    { name: "honest", type: "confirm", label: "I have answered honestly", required: true },
  ],
  answers: {},
  at_least_in_seconds: 0,
  seconds_left: null,
};

export const BREAK = {
  id: "break-7",
  kind: "break",
  number: 7,
  total: 9,
  title: "",
  text: "Rest if you like.",
  at_least_in_seconds: 0,
  seconds_left: 872.4,
};

export const TASK = {
  number: 4,
  total: 9,
  id: "larger",
  type: "file_search",
  title: "Large pages",
  description: "Print the paths of all files in `content` that are\n\n- larger than 800 bytes, and\n- smaller than 10 kB.",
  duration_in_seconds: 600,
  time_left_in_seconds: null,
  practice: false,
  try: { number: 1, of: 1 },
  expected: "```\ncontent/syllabus.md\n```",
  treatment: {
    title: "Assistant",
    text: "Use the assistant and the **man pages**.",
    links: [{ title: "Assistant", url: "https://assistant.example.org/" }, { title: "Manual of find", url: "https://man.example.org/find.1" }],
  },
  block: { number: 1, total: 2, time_left_in_seconds: 1100 },
  feedback: "goal",
  hand_in: "both",
  tries_left: 3,
  give_up: true,
  give_up_in_seconds: null,
  start_over: true,
  solution_in_seconds: null,
};

export const COMPLETED = {
  state: "finished",
  task: null,
  outcome: "completed",
  text: "Thank you! **Prolific** pays you once you are back there.",
  code: "C1DONE42",
  redirect: "https://app.prolific.example/submissions/complete?cc=C1DONE42",
};

/** @param {object} step @returns {any} A state in which the participant is in this step. */
export function in_step(step) {
  return { state: "step", task: null, previous: null, step: structuredClone(step) };
}

/** @param {object} [task] What differs. @returns {any} A state in which this task can be started. */
export function before_task(task = {}) {
  return { state: "ready", step: undefined, previous: null, task: { ...structuredClone(TASK), ...task } };
}

import { Api, base_path, participant_query } from "../core/api.js";
import { TERMINAL_PATH } from "../core/protocol.js";
import { Session } from "../core/session.js";
import { make_wall_clock, system_timers } from "../core/timers.js";
import { find_timezone } from "../core/timezone.js";
import { About } from "./about.js";
import { place_banners } from "./banners.js";
import { Display } from "./display.js";
import { find } from "./dom.js";
import { open_emulator } from "./emulator.js";
import { Identity } from "./identity.js";
import { attach_keyboard } from "./keyboard.js";
import { show_login, show_refusal } from "./login_screen.js";
import { browser_key, fragment_of, participant_in } from "./open_link.js";
import { PlainPage } from "./plain_page.js";
import { report_presence } from "./presence.js";
import { Settings } from "./settings.js";
import { attach_splitter } from "./splitter.js";
import { StudyPage } from "./study_page.js";
import { attach_fold, attach_full_screen, show_mac_keys } from "./tools.js";
import { show_welcome } from "./welcome_screen.js";

const base = base_path(import.meta.url);
const api = new Api((...request) => fetch(...request), base);
const screen = new PlainPage();
const display = new Display(() => localStorage);
const settings = new Settings(display);
const about = new About();
const parameters = new URLSearchParams(location.search);
const is_open_link = location.pathname === `${base}/join`;
const access_code = is_open_link ? "" : (parameters.get("access_code") ?? "");
const random_bytes = (/** @type {number} */ length) => crypto.getRandomValues(new Uint8Array(length));
const identity = new Identity(api, is_open_link ? join_study : () => api.login(access_code));

function join_study() {
  return api.join(Object.fromEntries(parameters), browser_key(() => localStorage, random_bytes));
}

/** Never fails: an older server does not know the request, and the login reports a server that is down. */
async function load_about() {
  about.take(await api.about().catch(() => undefined));
}

/** @returns {Promise<void>} */
async function enter() {
  await (is_open_link ? enter_by_link() : enter_with_code());
}

async function enter_by_link() {
  await load_about();
  const participant = participant_in(location.hash);
  try {
    if (participant !== "" && (await identity.resume(participant))) {
      begin();
      return;
    }
  } catch (error) {
    refuse(error);
    return;
  }
  show_welcome(screen, { title: about.title, join, on_refused: refuse });
}

async function join() {
  // Otherwise the server would have a new participant whom this browser cannot name.
  if (!navigator.cookieEnabled) {
    refuse("cookies_blocked");
    return;
  }
  await identity.log_in();
  history.replaceState(null, "", fragment_of(identity.participant));
  begin();
}

/** @param {unknown} reason */
function refuse(reason) {
  show_refusal(screen, { reason, access_code }, () => void enter());
}

async function enter_with_code() {
  // In parallel with the login; the first card shows the result.
  const learned = load_about();
  if (access_code === "") {
    show_login(screen);
    return;
  }
  try {
    await identity.log_in();
  } catch (error) {
    refuse(error);
    return;
  }
  await learned;
  begin();
}

function begin() {
  const emulator = open_emulator(find("terminal"), display, {
    on_paste: (text) => session.paste(text),
    on_leave: () => find("fold").focus(),
  });
  place_banners(emulator);
  const focus_terminal = () => emulator.focus();
  const page = new StudyPage({ screen, settings, about, timers: system_timers, focus_terminal });
  const session = new Session(
    {
      url: terminal_url,
      open_socket: (url, protocol) => new WebSocket(url, protocol),
      authorize: (logs_in_first) => identity.authorize(logs_in_first),
      participant: () => identity.participant,
      timers: system_timers,
      random: Math.random,
      is_online: () => navigator.onLine,
      wall_clock: make_wall_clock(() => performance.now(), () => Date.now()),
      emulator,
      timezone: find_timezone(),
      random_bytes,
    },
    page,
  );
  page.attach(session, {
    on_refused: (verdict) => show_refusal(screen, { reason: verdict, access_code }, () => session.start()),
  });
  attach_keyboard({ emulator, page, focus_terminal, on_paste: (text) => session.paste(text) });
  attach_full_screen(focus_terminal);
  watch_for_wake_up(session);
  report_presence(session);
  window.addEventListener("beforeunload", (event) => {
    if (page.is_task_running) event.preventDefault();
  });
  session.start();
}

/** After sleep the socket may be dead although it looks open, and performance.now() may have stopped. @param {Session} session */
function watch_for_wake_up(session) {
  const difference = () => Date.now() - performance.now();
  let before = difference();
  const check = () => {
    if (document.visibilityState !== "visible") return;
    session.check_now();
    if (Math.abs(difference() - before) > 2000) session.refresh();
    before = difference();
  };
  document.addEventListener("visibilitychange", check);
  document.addEventListener("resume", check);
  window.addEventListener("online", check);
  window.addEventListener("offline", () => session.check_now());
  window.addEventListener("pageshow", check);
}

function terminal_url() {
  const url = new URL(base + TERMINAL_PATH + participant_query(identity.participant), location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

display.subscribe(({ theme }) => (document.documentElement.dataset.theme = theme));
attach_fold(display);
attach_splitter(display);
show_mac_keys();
void enter();

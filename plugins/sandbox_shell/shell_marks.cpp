/// A loadable builtin that adds no command: bash loads it while it reads /etc/bash.bashrc, and from then on it writes
/// the shell's marks (host/study/shell_marks.hpp) to the terminal. It changes no variable, option, trap or key of the
/// shell, so the participant can neither see it nor displace it.
///
/// How it learns what the shell does:
///   - bash looks up PS1, PS2 and MAILCHECK before it reads a line, and a variable may have a function that bash then
///     calls. There it detects that a command has ended; if PROMPT_COMMAND is set, earlier, before that prints.
///   - bash reads characters through a pointer in `bash_input`. There it collects the text of the command.
///   - bash expands PS0 after it has read a complete command and before it runs it. At the end of each line, PS0 is set
///     to a value that names a variable, which exists until it is looked up. That lookup is the start of a command.
///   - readline calls functions when it begins to read a line and when it has drawn the prompt.
///
/// bash leaves functions by longjmp, so nothing here owns memory on the stack. Only the shell itself writes marks,
/// because its subshells have other process numbers.

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "plugins/sandbox_shell/bash_interface.hpp"
#include "plugins/sandbox_shell/text.hpp"

using tellina::shell_marks::Text;

namespace {

/// The longest text of a command in a mark, in bytes. It fits even if each byte needs four
/// (OutputScanner::max_mark_size).
constexpr std::size_t max_text = 60'000;
constexpr const char* usual_home = "/home/me";
constexpr const char* nonce_folder = "/dev/shm";
constexpr const char* nonce_file_start = ".tellina-";  // as /etc/bash.bashrc names the file
/// Exists from the end of a line until the command that the line completes starts.
constexpr const char* start_variable = "__tellina_command_starts";

enum class Prompt {
  none,      ///< no line is read
  expected,  ///< a command's first line is read next
  begun,     ///< the line editor has the terminal
};

Text nonce;
char shell[64];  ///< "process.random": `exec bash` keeps the process number
pid_t process = 0;
bool in_tmux = false;

Text command;  ///< the lines read so far of the current command
Text line;
bool in_line = false;
int (*read_character)() = nullptr;  ///< bash's own
void (*prepare_terminal)(int) = nullptr;
Prompt prompt = Prompt::none;

bool is_armed = false;  ///< the next expansion of PS0 is the start of a command
int participants_promptvars = 1;
SHELL_VAR start;  ///< `start_variable`
Text start_prompt;
bool runs = false;   ///< a command has started, and its end was not reported
int run_number = 0;  ///< its number

bool is_the_shell() { return getpid() == process; }

// Writing marks

Text mark;

void begin_mark(const char* kind) {
  mark.clear();
  // tmux only passes on sequences that are wrapped like this (which /etc/tmux.conf allows), and it draws the output
  // later. So A and B are left out, and the other marks say that they come from tmux.
  mark.add(in_tmux ? "\033Ptmux;\033\033]133;" : "\033]133;");
  mark.add(kind);
}

void add_field(const char* name, const char* value) {
  mark.add(';');
  mark.add(name);
  mark.add('=');
  mark.add(value);
}

void add_field(const char* name, long long number) {
  add_field(name, "");
  mark.add_number(number);
}

/// Writes characters that would end or split a mark as \xHH.
void add_escaped(const char* name, const char* bytes, std::size_t size) {
  add_field(name, "");
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte == '\\') {
      mark.add("\\\\");
    } else if (byte == ';' || byte < 0x20 || byte == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      mark.add(escaped);
    } else {
      mark.add(bytes[i]);
    }
  }
}

/// A descriptor of the controlling terminal that the shell has: bash's own for job control, or a standard one.
int find_terminal() {
  for (const int descriptor : {shell_tty, STDERR_FILENO, STDIN_FILENO, STDOUT_FILENO}) {
    if (tcgetpgrp(descriptor) >= 0) return descriptor;  // fails for every other file
  }
  return -1;
}

void send_mark() {
  mark.add(in_tmux ? "\a\033\\" : "\a");
  const int error = errno;
  // Uses /dev/tty, because the participant may have redirected the shell's own descriptors. It cannot be opened if no
  // descriptor is free (`ulimit -n`).
  const int opened = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);
  const int terminal = opened >= 0 ? opened : find_terminal();
  const char* next = mark.data();
  for (std::size_t left = mark.size(); terminal >= 0 && left > 0;) {
    const ssize_t written = write(terminal, next, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    next += written;
    left -= static_cast<std::size_t>(written);
  }
  if (opened >= 0) close(opened);
  errno = error;
}

void add_shell(int number) {
  add_field("shell", shell);
  add_field("n", number);
  if (in_tmux) add_field("in", "tmux");
}

void send_prompt_mark(const char* kind) {
  if (in_tmux) return;
  // Flushes the prompt's output, which comes before the mark.
  if (rl_outstream != nullptr) std::fflush(rl_outstream);
  begin_mark(kind);
  add_field("nonce", nonce.data());
  send_mark();
}

void send_start() {
  begin_mark("C");
  add_field("nonce", nonce.data());
  add_shell(run_number);
  add_field("last", last_command_exit_value);
  add_field("size", static_cast<long long>(command.size()));
  std::size_t size = command.size();
  if (size > max_text) {
    // Cuts at a character boundary of UTF-8.
    size = max_text;
    const auto is_inside = [&] { return (static_cast<unsigned char>(command.data()[size]) & 0xc0) == 0x80; };
    while (size > 0 && is_inside()) --size;
  }
  add_escaped("cmd", command.data(), size);
  const char* const folder =
      the_current_working_directory != nullptr ? the_current_working_directory : get_string_value("PWD");
  if (folder != nullptr) add_escaped("cwd", folder, std::strlen(folder));
  const char* const home = get_string_value("HOME");
  if (home != nullptr && std::strcmp(home, usual_home) != 0) add_escaped("home", home, std::strlen(home));
  send_mark();
}

void send_end(int status) {
  runs = false;
  begin_mark("D;");
  mark.add_number(status);
  add_field("nonce", nonce.data());
  add_shell(run_number);
  send_mark();
}

SHELL_VAR* looked_up(SHELL_VAR* variable);

/// Watches the variables, whatever the participant has done to them. Variables that are not set have nothing to call.
void watch_variables() {
  for (const char* name : {"MAILCHECK", "PROMPT_COMMAND", "PS1", "PS2"}) {
    const BUCKET_CONTENTS* const found = hash_search(name, global_variables->table, 0);
    if (found == nullptr) continue;
    auto* const variable = static_cast<SHELL_VAR*>(found->data);
    if (variable->dynamic_value == nullptr) variable->dynamic_value = looked_up;
  }
}

void disarm() {
  if (!is_armed) return;
  is_armed = false;
  promptvars = participants_promptvars;
  BUCKET_CONTENTS* const bucket = hash_remove(start_variable, global_variables->table, 0);
  if (bucket == nullptr) return;
  std::free(bucket->key);
  std::free(bucket);
}

/// bash has read a complete command and will run it next.
SHELL_VAR* command_starts(SHELL_VAR* variable) {
  if (!is_armed || !is_the_shell()) return variable;
  disarm();
  watch_variables();
  // bash increments its count later.
  run_number = current_command_number + 1;
  send_start();
  runs = true;
  // The expansion may leave this function by longjmp.
  std::free(std::exchange(variable->value, nullptr));
  // If bash does not expand PS0, our value did not include the participant's.
  char* const participants = promptvars != 0 ? nullptr : get_string_value("PS0");
  variable->value = participants != nullptr ? decode_prompt_string(participants) : strdup("");
  return variable;
}

/// A line has ended: the command that it completes, if any, starts next.
void arm() {
  const char* const participants = get_string_value("PS0");
  char* const key = strdup(start_variable);
  if (is_armed || key == nullptr) return std::free(key);
  start.name = const_cast<char*>(start_variable);
  start.dynamic_value = command_starts;
  hash_insert(key, global_variables->table, HASH_NOSRCH)->data = &start;
  start_prompt.clear();
  start_prompt.add("${");
  start_prompt.add(start_variable);
  start_prompt.add("-}");
  participants_promptvars = promptvars;
  if (participants != nullptr && promptvars != 0) start_prompt.add(participants);
  promptvars = 1;
  ps0_prompt = start_prompt.data();
  is_armed = true;
}

void tell_end() {
  if (runs && executing == 0 && current_command_number >= run_number) send_end(last_command_exit_value);
}

/// Replaces `line` by its history expansion ("!"). Returns false if bash then does not run it.
bool expand_history() {
  if (remember_on_history == 0 || history_expansion == 0 || history_expansion_inhibited != 0 || line.empty())
    return true;
  const bool continues = history_length > 0 && command_oriented_history != 0 && current_command_first_line_saved != 0 &&
                         current_command_line_count > 0;
  const int length = history_length;
  const char delimiter = dstack.delimiter_depth > 0 ? dstack.delimiters[dstack.delimiter_depth - 1] : '\0';
  history_quoting_state = delimiter == '\'' || delimiter == '"' ? delimiter : 0;
  if (continues) --history_length;
  char* expanded = nullptr;
  const int result = history_expand(line.data(), &expanded);
  history_length = length;
  history_quoting_state = 0;
  if (result == 1 && expanded != nullptr) {
    line.clear();
    line.add(expanded);
  }
  std::free(expanded);
  return result == 0 || (result == 1 && hist_verify == 0);
}

void line_begins() {
  disarm();
  watch_variables();
  line.clear();
  if (current_command_line_count != 0) return;
  command.clear();
  tell_end();
  prompt = Prompt::expected;
  if (bash_input.type == st_stdin) return;
  // Without a line editor, bash has already printed the prompt.
  send_prompt_mark("A");
  send_prompt_mark("B");
  prompt = Prompt::none;
}

void line_ends() {
  prompt = Prompt::none;
  if (!expand_history()) return;
  if (current_command_line_count > 0) {
    // Does the same as bash for its history.
    const bool continues = dstack.delimiter_depth == 0 && command.from_end(0) == '\\' && command.from_end(1) != '\\';
    if (continues)
      command.drop_last();
    else
      command.add('\n');
  }
  command.add(line.data(), line.size());
  arm();
}

int next_character() {
  if (!is_the_shell()) return read_character();
  if (!in_line) line_begins();
  in_line = false;  // bash may leave the call by longjmp
  const int character = read_character();
  if (character == EOF || character == '\n') {
    line_ends();
  } else {
    if (character != '\0') line.add(static_cast<char>(character));
    in_line = true;
  }
  return character;
}

/// Called when bash looks up one of the prompt variables.
SHELL_VAR* looked_up(SHELL_VAR* variable) {
  // Before the first prompt, bash reads files that may look them up.
  if (executing != 0 || prompt_string_pointer == nullptr || !is_the_shell()) return variable;
  disarm();
  tell_end();
  in_line = false;
  if ((bash_input.type == st_stdin || bash_input.type == st_stream) && bash_input.getter != next_character) {
    read_character = bash_input.getter;
    bash_input.getter = next_character;
  }
  return variable;
}

void line_editor_begins(int meta_flag) {
  prepare_terminal(meta_flag);
  if (prompt != Prompt::expected || !is_the_shell()) return;
  prompt = Prompt::begun;
  send_prompt_mark("A");
}

int line_editor_shows_prompt() {
  if (prompt != Prompt::begun || !is_the_shell()) return 0;
  prompt = Prompt::none;
  send_prompt_mark("B");
  return 0;
}

/// Gets the status of `exit`, which no prompt follows.
void shell_ends(int status, void*) {
  if (runs && is_the_shell()) send_end(status);
}

/// The nonce is in the environment of the sandbox's own shell. Shells inside it find it as the name of an empty file,
/// because `exec bash` and tmux leave no process that still has it in its environment.
bool find_nonce(bool& is_inner) {
  if (const char* const given = get_string_value("TELLINA_NONCE")) {
    nonce.add(given);
    unbind_variable("TELLINA_NONCE");  // the participant's commands do not need it
    is_inner = false;
    return !nonce.empty();
  }
  is_inner = true;
  DIR* const folder = opendir(nonce_folder);
  if (folder == nullptr) return false;
  const std::size_t length = std::strlen(nonce_file_start);
  while (const dirent* const entry = readdir(folder)) {
    if (std::strncmp(entry->d_name, nonce_file_start, length) != 0) continue;
    nonce.clear();
    nonce.add(entry->d_name + length);
  }
  closedir(folder);
  return !nonce.empty();
}

void begin() {
  bool is_inner = false;
  if (process != 0 || interactive_shell == 0 || !find_nonce(is_inner)) return;
  process = getpid();
  std::uint32_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random) return;
  std::snprintf(shell, sizeof shell, "%d.%u", static_cast<int>(process), random);
  const char* const tmux = get_string_value("TMUX");
  const char* const terminal = get_string_value("TERM");
  in_tmux = tmux != nullptr && *tmux != '\0' && terminal != nullptr &&
            (std::strncmp(terminal, "tmux", 4) == 0 || std::strncmp(terminal, "screen", 6) == 0);
  prepare_terminal = rl_prep_term_function;
  rl_prep_term_function = line_editor_begins;
  rl_pre_input_hook = line_editor_shows_prompt;
  on_exit(shell_ends, nullptr);
  watch_variables();
  // The first prompt ends the command that ran `exec`.
  runs = is_inner;
  run_number = current_command_number;
}

}  // namespace

extern "C" {

/// bash calls this after loading the file and before adding the builtin; returning 0 refuses it.
__attribute__((visibility("default"))) int tellina_builtin_load(char*) {
  if (std::strcmp(dist_version, "5.2") != 0) {
    std::fprintf(stderr, "tellina: commands are not recorded: expected bash 5.2, got %s\n", dist_version);
    return 0;
  }
  begin();
  return 1;
}

/// `enable -d` calls this to unload the builtin.
__attribute__((visibility("default")))
builtin tellina_struct = {const_cast<char*>("tellina"), [](void*) { return 0; }, 1, nullptr, "tellina", nullptr};
}

/// Lines with which participants change their shell. The tests type them into the shell and into a plain bash in the
/// same kind of sandbox. Both must show the same, and the record must contain the commands that ran.

#include "host/study/command_tracker.hpp"
#include "sandbox_fixture.hpp"

namespace tellina::test {
namespace {

/// Prints the status of the previous line.
const std::string probe = "echo \"status $?\"";

/// The lines typed into one shell, one command per line; a newline inside continues the command.
class Case {
 public:
  std::string name;
  std::vector<std::string> lines;
};

const std::vector<std::string> commands = {
    "true",
    "false",
    "(exit 7)",
    "no-such-command",
    "ls missing",
    "echo 'a;b' \"c d\" \\\\",
    "printf 'no newline'",
    "echo out; echo err >&2; (exit 3)",
    "printf 'a\\nb\\nc\\n' >f; grep -c . f",
    "(exit 5); echo \"${PIPESTATUS[*]}\"",
    "x=h\xc3\xa9llo; echo \"${#x} ${x:1:1}\"",
    "echo \"$? $_ ${#BASH_SOURCE[@]} $SHLVL\"",
};

/// Settings under which all of `commands` run.
const std::vector<std::string> settings = {
    "true",
    "trap 'echo \"<$BASH_COMMAND>\"' DEBUG",
    "trap 'echo \"<$BASH_COMMAND>\"' DEBUG; set -T",
    "n=0; trap '((++n))' DEBUG",
    "trap 'echo err $?' ERR; set -E",
    "trap 'echo returned' RETURN; set -T",
    "trap 'echo usr1' USR1 WINCH; trap '' INT",
    "set -u",
    "set -x",
    "exec 7>/tmp/trace; BASH_XTRACEFD=7; set -x",
    "set -f; set -C; set +H",
    "set -o posix",
    "set -o pipefail; set +m",
    "set -a; set -b; set -P",
    "shopt -s extglob nullglob globstar dotglob nocasematch",
    "shopt -s failglob",
    "shopt -s xpg_echo lastpipe; shopt -u sourcepath interactive_comments",
    "shopt -s extdebug",
    "export LC_ALL=C",
    "export LC_ALL=en_US.UTF-8",
    "LANG=de_DE.UTF-8; LC_CTYPE=C",
    "IFS=,; TMOUT=600; PS2='more '; PS4='++ '",
    "PS1='[\\u \\W $?]> '",
    "PS1=",
    "unset PS1 PS0 PS2",
    "PS0='[runs] '",
    "PS1=\"new $PS1\"",
    "PROMPT_COMMAND='echo \"hook $?\"'",
    "PROMPT_COMMAND=('echo one' 'echo \"two $?\"')",
    "PROMPT_COMMAND=()",
    "PS0=",
    "unset PROMPT_COMMAND",
    "PROMPT_COMMAND='PS1=\"$? > \"'",
    "PROMPT_DIRTRIM=1; mkdir -p a/b/c; cd a/b/c",
    "printf() { echo mine; }; local() { echo mine; }; builtin() { echo mine; }; history() { echo mine; }",
    "alias printf='echo mine' set='echo mine' unset='echo mine'",
    "BASH_REMATCH=x; REPLY=y; status=z; entry=q; text=t",
    "set -v",
    "set -k; set -t +t 2>/dev/null; set -B",
    "set -o vi",
    "HISTCONTROL=ignorespace:ignoredups",
    "HISTCONTROL=ignoreboth:erasedups; HISTIGNORE='echo*:history*'",
    "HISTSIZE=0",
    "HISTTIMEFORMAT='%F '",
    "set +o history",
    "shopt -s lithist; shopt -u cmdhist",
    "shopt -s histverify histreedit",
    "shopt -u promptvars; PS0='<$HOME \\u> '; PS1='$HOME> '",
    "shopt -u promptvars",
    "trap 'echo child' CHLD",
    "trap 'echo bye' EXIT; trap 'echo hup' HUP TERM QUIT",
    "exec 7>&2 8</dev/null",
    "MAILCHECK=0; unset MAIL",
    "declare -r PS0='[$?] '; declare -r PS1='fixed> '",
    "PROMPT_COMMAND[3]='echo third'; PS2='and $PS1'",
    "declare -a PS1=('array> '); declare -A PS0=([0]='map ')",
    "PS0='$PS1$PS2'; PROMPT_COMMAND='PS1=\"<$PS2>\"'",
    "export PS1 PS2 PROMPT_COMMAND; unset RANDOM LINENO",
};

const std::vector<Case> curated = {
    {"continued", {"echo \\\nhello world", "ls \\\n-d \\\n/etc", "printf '%s\\n' \\\nhello", "echo 'one\ntwo'"}},
    {"compound",
     {"for i in 1 2\ndo echo $i\ndone", "if true\nthen echo yes\nfi", "f() {\necho in f\nreturn 4\n}", "f"}},
    {"here", {"cat <<E\nx $((1+1))\nE", "cat <<-'E'\n$x\nE", "cat <<< text", "wc -c < /dev/null"}},
    {"variables",
     {"x=(1 2 3)", "echo \"${x[@]:1}\"", "declare -A m=([a]=1)", "echo ${m[a]}", "unset x m", "echo \"[$x]\""}},
    {"jobs", {"{ sleep 100 & } 2>/dev/null", "jobs | tr -s ' '", "disown %1; kill $!", "echo $?"}},
    {"folders", {"mkdir 'a;b'", "cd 'a;b'", "pwd", "cd ..", "cd missing", "pushd /usr", "popd"}},
    {"exits", {"bash -c 'exit 9'", "sh -c 'kill -9 $$'", "(trap 'echo bye' EXIT)", "! true", "[[ a == b ]]", "((0))"}},
    {"syntax",
     {"echo $(echo inner; false)", "echo $((6*7))", "echo {a..c}", "echo \"tab\\tend\"", "echo -e 'x\\x01y' | od -c"}},
    {"history", {"echo one", "history | tail -1 | cut -c8-", "fc -ln -1 | tr -d '\\t'"}},
    {"unseen",
     {"declare -p | grep -vE ' (BASHPID|EPOCH|PPID|RANDOM|SECONDS|SRANDOM|_)'",
      "set | grep -vE '^(BASHPID|EPOCH|PPID|RANDOM|SECONDS|SRANDOM|_)'",
      "declare -f",
      "declare -F",
      "trap -p",
      "trap",
      "shopt",
      "shopt -p lithist cmdhist promptvars",
      "set -o",
      "echo \"$-\"",
      "alias",
      "bind -p",
      "bind -v",
      "bind -s; bind -X",
      "compgen -v | grep -v '^_$'",
      "compgen -A function",
      "compgen -b",
      "compgen -k",
      "enable -a",
      "enable -p | grep -ci tellina",
      "type tellina",
      "help | grep -ci tellina",
      "echo \"[$PS0][$PS1][$PS2][$PROMPT_COMMAND][${PROMPT_COMMAND[99]}]\"",
      "echo \"${PS0+set}${PROMPT_COMMAND+set}${#PS1}${!PS*}${!__*}\"",
      "declare -p PS0 PS1 PS2 PROMPT_COMMAND",
      "echo \"[$HISTCONTROL][$HISTIGNORE][$HISTSIZE]\"",
      "env | sort",
      "export -p",
      "readonly -p | grep -v PPID",
      "ls /proc/$$/fd; jobs -p",
      "complete -p",
      "caller; echo \"$BASH_SUBSHELL ${#FUNCNAME[@]}\""}},
    {"seen_later",
     {" echo spaced", "HISTCONTROL=ignorespace", " echo kept secret", "history", "for i in 1 2\ndo echo $i\ndone",
      "history", "shopt -s lithist", "if true\nthen echo y\nfi", "history 3", "set -v", "set +v", "PS1='mine> '",
      "declare -p PS1", "unset PS1 PS2", "PS0='runs '; PROMPT_COMMAND='echo asks'", "declare -p PS0 PROMPT_COMMAND",
      "unset PS0 PROMPT_COMMAND",

      "cat <<E\none \\\ntwo\nE"}},
    {"expanded", {"echo one two", "echo \\!", "set +H", "echo !!"}},
};

/// Removes sequences that erase to the end of an already empty line, which readline sometimes prints.
std::string without_marks(std::string screen) {
  static const std::string erase = "\x1b[K";
  for (std::size_t at; (at = screen.find(erase)) != std::string::npos;) screen.erase(at, erase.size());
  for (std::size_t from = 0; (from = screen.find("\x1b]133;", from)) != std::string::npos;) {
    const std::size_t end = screen.find('\a', from);
    if (end == std::string::npos) break;
    screen.erase(from, end - from + 1);
  }
  return screen;
}

/// Types a case's lines into a new shell, each when the shell is at a prompt.
class Typist {
 public:
  explicit Typist(Shell& shell) : m_shell(shell) {}

  void type(const Case& given) {
    for (const std::string& line : given.lines) {
      std::size_t begin = 0;
      for (std::size_t end = line.find('\n'); end != std::string::npos; end = line.find('\n', begin)) {
        enter(line.substr(begin, end - begin));
        begin = end + 1;
      }
      enter(line.substr(begin));
    }
  }

 private:
  /// readline turns bracketed paste on when it begins to read, after it has taken over the terminal. Input typed from
  /// then on is echoed by readline only.
  void enter(const std::string& line) {
    static const std::string reads = "\x1b[?2004h";
    const std::size_t from = m_shell.screen().size();
    m_shell.type(line + "\r");
    m_shell.read_until([&](const std::string& screen) { return screen.find(reads, from) != std::string::npos; },
                       std::chrono::seconds(20), "a prompt after \"" + line + "\"");
  }

  Shell& m_shell;
};

class ShellLines : public SandboxTest {
 protected:
  std::string show(const Case& given, bool is_plain) {
    SandboxSpec spec = make_spec();
    if (is_plain) spec.environment.erase("TELLINA_NONCE");
    start_unready(spec);
    const std::string at_start = "\x1b[?2004h";
    shell().read_until([&](const std::string& screen) { return screen.find(at_start) != std::string::npos; },
                       std::chrono::seconds(20), "the first prompt");
    Typist(shell()).type(given);
    // The last prompt may still be on its way; does not wait for it.
    shell().type("echo the-\\end\r");
    shell().read_until("the-end\r\n");
    return shell().screen().substr(0, shell().screen().find("the-end\r\n"));
  }

  std::vector<CommandRecord> record(const std::string& screen) {
    std::vector<CommandRecord> records;
    CommandTracker::Callbacks callbacks;
    callbacks.finished = [&records](CommandRecord command) { records.push_back(std::move(command)); };
    CommandTracker tracker(Shell::nonce, CommandTracker::Start(), nullptr, std::move(callbacks));
    tracker.printed(screen, Timestamp());
    return records;
  }

  void compare(const Case& given) {
    SCOPED_TRACE(given.name);
    const std::string plain = show(given, true);
    const std::string ours = show(given, false);
    EXPECT_EQ(without_marks(ours), without_marks(plain));
    const std::vector<CommandRecord> records = record(ours);
    ASSERT_EQ(records.size(), given.lines.size());
    for (std::size_t index = 0; index < records.size(); ++index) {
      const std::string& line = given.lines[index];
      std::string text = line;  // bash joins lines at a "\"
      for (std::size_t at; (at = text.find("\\\n")) != std::string::npos;) text.erase(at, 2);
      EXPECT_EQ(records[index].text, text);
      EXPECT_TRUE(records[index].exit_status.has_value()) << line;
      if (line == probe && index > 0) {
        const std::string status = "status " + std::to_string(records[index - 1].exit_status.value_or(-1)) + "\n";
        EXPECT_NE(records[index].output.find(status), std::string::npos)
            << given.lines[index - 1] << ": " << status << records[index].output;
      }
    }
  }
};

class Settings : public ShellLines, public ::testing::WithParamInterface<std::string> {};

TEST_P(Settings, ShowTheSameAsInAPlainShellAndAreRecorded) {
  Case given{GetParam(), {GetParam()}};
  for (const std::string& command : commands) given.lines.insert(given.lines.end(), {command, probe});
  compare(given);
}

INSTANTIATE_TEST_SUITE_P(Shell, Settings, ::testing::ValuesIn(settings));

class Curated : public ShellLines, public ::testing::WithParamInterface<Case> {};

TEST_P(Curated, ShowTheSameAsInAPlainShellAndAreRecorded) { compare(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Shell, Curated, ::testing::ValuesIn(curated),
                         [](const auto& given) { return given.param.name; });

class ShellsInside : public ShellLines {
 protected:
  /// Types the lines, each after the text before it has appeared, and returns the result of a check for "hello world".
  bool passes(const std::vector<std::pair<std::string, std::string>>& steps) {
    start();
    bool found = false;
    OutputCheck check("hello world", OutputMatch::lines);
    CommandTracker::Callbacks callbacks;
    callbacks.found = [&found] { found = true; };
    callbacks.judged = [&found](const Progress& progress) { found = found || progress.passed; };
    callbacks.finished = [this](CommandRecord command) { records.push_back(std::move(command)); };
    CommandTracker tracker(Shell::nonce, CommandTracker::Start(), &check, std::move(callbacks));
    std::size_t seen = 0;
    std::uint64_t typed = 0;
    for (const auto& [line, answer] : steps) {
      tracker.typed(line, std::exchange(typed, typed + line.size()), Timestamp());
      shell().type(line);
      shell().read_until(answer);
      tracker.printed(shell().screen().substr(seen), Timestamp());
      seen = shell().screen().size();
    }
    return found;
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> found;
    for (const CommandRecord& command : records) {
      found.push_back(command.text + " " + (command.exit_status ? std::to_string(*command.exit_status) : "none"));
    }
    return found;
  }
  std::vector<CommandRecord> records;
  using Texts = std::vector<std::string>;
  const std::string prompt = Shell::mark("B", "");
};

TEST_F(ShellsInside, PassOnceTheAnswerIsPrinted) {
  EXPECT_TRUE(passes({{"exec bash\r", prompt}, {"(exit 3)\r", prompt}, {"echo hello world\r", prompt}}));
  EXPECT_EQ(texts(), (Texts{"exec bash 0", "(exit 3) 3", "echo hello world 0"}));
  records.clear();
  EXPECT_TRUE(passes({{"bash\r", prompt}, {"echo hello \\\rworld\r", prompt}}));
  EXPECT_EQ(texts(), (Texts{"echo hello world 0"}));
  EXPECT_TRUE(passes({{"script -q /dev/null\r", prompt}, {"echo hello world\r", prompt}}));
  EXPECT_TRUE(passes({{"sh\r", "\a$ "}, {"echo hello world\r", "world\r\n$ "}}));
  EXPECT_TRUE(passes({{"bash --norc\r", "bash-5.2$ "}, {"echo hello world\r", "bash-5.2$ "}}));
  EXPECT_FALSE(passes({{"bash\r", prompt}, {"cat\r", "cmd=cat;"}, {"hello world\r", "world\r\nhello world\r\n"}}));
}

TEST_F(ShellsInside, TmuxIsOne) {
  records.clear();
  EXPECT_TRUE(passes({{"tmux\r", "in=tmux"}, {"echo hello' 'world\r", "hello world"}, {"", "me@tellina:~$ "}}));
  EXPECT_EQ(texts(), (Texts{"echo hello' 'world 0"}));
}

TEST_F(ShellsInside, SeveralPastedLinesHaveAStatusEach) {
  passes({{"\x1b[200~false\rtrue\r(exit 7)\recho last\x1b[201~\r", "last\r\n"}, {"", prompt}});
  EXPECT_EQ(texts(), (Texts{"false 1", "true 0", "(exit 7) 7", "echo last 0"}));
}

TEST_F(ShellsInside, InputToAProgramIsSeparatedFromItsOutput) {
  passes({{"sh\r", "\a$ "}, {"echo a\r", "a\r\n$ "}, {"exit\r", prompt}});
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].typed, "echo a\nexit\n");
  EXPECT_EQ(records[0].printed, "$ a\n$ ");
}

TEST_F(ShellsInside, AFileThatContainsMarksRunsNothing) {
  passes({{"script -q /tmp/log\r", prompt},
          {"echo x\r", prompt},
          {"exit\r", prompt},
          {"cat /tmp/log\r", "Script done"},
          {"", prompt}});
  EXPECT_EQ(texts(), (Texts{"echo x 0", "exit 0", "script -q /tmp/log 0", "cat /tmp/log 0"}));
}

}  // namespace
}  // namespace tellina::test
